package engine

import (
	"strings"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
)

// The labels of what is made for a run.
const (
	LabelRun      = "ctxpush.run"      // Env.RunID
	LabelReceiver = "ctxpush.receiver" // one of a run's receivers
	labelHost     = "ctxpush.host"     // where the run's process is
	labelPID      = "ctxpush.pid"      // its number there
	labelStarted  = "ctxpush.started"  // since when it has that number
)

// Labels name this process, a run and one of its receivers.
func Labels(run, receiver string) map[string]string {
	o := owner.Self()
	return map[string]string{
		LabelRun:      run,
		LabelReceiver: receiver,
		labelHost:     o.Host,
		labelPID:      o.PID,
		labelStarted:  o.Started,
	}
}

func ownerOf(labels map[string]string) owner.Owner {
	return owner.Owner{Host: labels[labelHost], PID: labels[labelPID], Started: labels[labelStarted]}
}

// imageRepo is the repository of the images that are built for a run. Its name
// holds a registry, so that testcontainers looks for it in no other one.
const imageRepo = "localhost/ctxpush"

// ImageName is the name of an image that this process builds for one of a run's
// receivers. An image carries its owner in its name: each label would be a step of
// the build.
func ImageName(receiver string) string { return imageRepo + ":" + owner.Self().Mark(receiver) }

func ownerOfImage(name string) owner.Owner {
	tag, ours := strings.CutPrefix(name, imageRepo+":")
	if !ours {
		return owner.Owner{}
	}
	return owner.OfMark(tag)
}
