package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance/traffic"
)

// recording is what the record command was asked for.
type recording struct {
	listen, forward, out, readyFile string
	hide                            []string
}

func newRecord(s streams) *cobra.Command {
	var o recording
	cmd := &cobra.Command{
		Use:   "record",
		Short: "Keep real webhooks in a file on their way through",
		Long: `Record stands before a receiver, passes every request on, and keeps each webhook
and its answer as a line of JSON, until it is interrupted. The secret is left
out by its header's name, so that it need not be known; so are cookies,
credentials and the headers of --hide-header, and their values wherever else
they stand. A file that is there is gone on with.

ctxpush replay plays the file again.`,
		Example: `  ctxpush record --listen :8040 --forward http://127.0.0.1:3000 --out traffic.jsonl`,
		Args:    cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8040", "host:port to listen on; port 0 is a free one")
	f.StringVar(&o.forward, "forward", "", "address of the receiver; a path of it goes before the requests' own")
	f.StringVar(&o.out, "out", "traffic.jsonl", "file to keep the webhooks in, which only its owner may read")
	f.StringSliceVar(&o.hide, "hide-header", nil, "keep the values of this header out of the file, too (repeatable)")
	f.StringVar(&o.readyFile, "ready-file", "", "write the address to this file once it is served")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.record(cmd.Context(), s) }
	return cmd
}

func (o *recording) record(ctx context.Context, s streams) (err error) {
	if o.forward == "" {
		return mistakef("--forward is missing: want the receiver's address, such as http://127.0.0.1:3000")
	}
	to, err := url.Parse(o.forward)
	if err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return mistakef("--forward: it is no URL: want such as http://127.0.0.1:3000")
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", o.listen, errors.Unwrap(err))
	}
	defer l.Close()
	file, err := traffic.Append(o.out)
	if err != nil {
		return mistakef("--out %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.CutOff {
		fmt.Fprintf(s.err, "record: %s: its last line was cut off, and is removed\n", o.out)
	}
	var told sync.Mutex
	r := &traffic.Recorder{Forward: to, Keep: file.Keep, Hide: o.hide, Failed: func(err error) {
		told.Lock()
		defer told.Unlock()
		fmt.Fprintln(s.err, "record:", err)
	}}
	address := "http://" + l.Addr().String()
	fmt.Fprintf(s.err, "record: listening on %s, webhooks go on to %s and into %s\n", address, to.Redacted(), o.out)
	if o.readyFile != "" {
		if err := os.WriteFile(o.readyFile, []byte(address+"\n"), 0o644); err != nil {
			return mistakef("--ready-file: %w", err)
		}
	}
	err = serveUntil(ctx, l, r)
	kept, lost := r.Kept()
	fmt.Fprintf(s.err, "record: %s in %s\n", english.Plural(int(kept), "webhook", ""), o.out)
	if lost > 0 {
		return errors.Join(err, fmt.Errorf("passed on and not kept: %s", english.Plural(int(lost), "webhook", "")))
	}
	return err
}
