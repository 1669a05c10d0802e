package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// RemoveStale removes what runs that were killed have left behind. What stays
// here is found by the next run.
func (e *Engine) RemoveStale(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	_ = e.RemoveProject(ctx, LabelRun, func(labels map[string]string) bool { return ownerOf(labels).IsGone() })

	filter := make(client.Filters).Add("reference", imageRepo)
	images, err := e.API.ImageList(ctx, client.ImageListOptions{Filters: filter})
	if err != nil {
		return
	}
	for _, image := range images.Items {
		for _, name := range image.RepoTags {
			if ownerOfImage(name).IsGone() {
				_ = e.RemoveImage(ctx, name)
			}
		}
	}
}

// RemoveProject removes the containers, networks, volumes and images that carry
// a label, or a label with a value, and that pick picks.
func (e *Engine) RemoveProject(ctx context.Context, label string, pick func(labels map[string]string) bool) error {
	errs := []error{e.RemoveContainers(ctx, label, pick)}
	filter := make(client.Filters).Add("label", label)
	networks, err := e.API.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	errs = append(errs, Explain(err))
	for _, n := range networks.Items {
		if pick(n.Labels) {
			_, err := e.API.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
			errs = append(errs, leftOver("network "+n.Name, err))
		}
	}
	volumes, err := e.API.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	errs = append(errs, Explain(err))
	for _, v := range volumes.Items {
		if pick(v.Labels) {
			_, err := e.API.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true})
			errs = append(errs, leftOver("volume "+v.Name, err))
		}
	}
	images, err := e.API.ImageList(ctx, client.ImageListOptions{Filters: filter})
	errs = append(errs, Explain(err))
	for _, i := range images.Items {
		if pick(i.Labels) {
			_, err := e.API.ImageRemove(ctx, i.ID, client.ImageRemoveOptions{Force: true, PruneChildren: true})
			errs = append(errs, leftOver("image "+i.ID, err))
		}
	}
	return errors.Join(errs...)
}

// leftOver is the error of a removal; that the thing is gone is none.
func leftOver(what string, err error) error {
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("%s is left over: %w", what, Explain(err))
}

// RemoveContainers removes the containers that carry a label, or a label with
// a value, and that pick picks.
func (e *Engine) RemoveContainers(ctx context.Context, label string, pick func(labels map[string]string) bool) error {
	filter := make(client.Filters).Add("label", label)
	containers, err := e.API.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return Explain(err)
	}
	var errs []error
	for _, c := range containers.Items {
		if pick(c.Labels) {
			errs = append(errs, e.removeContainer(ctx, c.ID))
		}
	}
	return errors.Join(errs...)
}

// removeContainer removes a container and its volumes; that it is gone, or
// going, is no error.
func (e *Engine) removeContainer(ctx context.Context, id string) error {
	_, err := e.API.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || errdefs.IsNotFound(err) || errdefs.IsConflict(err) && strings.Contains(err.Error(), "in progress") {
		return nil
	}
	return fmt.Errorf("container %s is left over: %w", id, Explain(err))
}

// RemoveImage removes an image of ours; that it is gone is no error.
func (e *Engine) RemoveImage(ctx context.Context, name string) error {
	_, err := e.API.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
	return leftOver("image "+name, err)
}
