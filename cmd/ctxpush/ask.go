package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// asker asks a person, a line a question.
type asker struct {
	out   io.Writer
	lines chan string
	ended error // set before lines is closed
}

func newAsker(in io.Reader, out io.Writer) *asker {
	a := &asker{out: out, lines: make(chan string)}
	// A read can't be broken off, so it has a goroutine that the program's end ends.
	go func() {
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			a.lines <- scanner.Text()
		}
		a.ended = scanner.Err()
		close(a.lines)
	}()
	return a
}

// ask asks until check takes the answer; an empty one is the one by default.
func (a *asker) ask(ctx context.Context, question, byDefault string, check func(string) error) (string, error) {
	for {
		fmt.Fprint(a.out, question)
		if byDefault != "" {
			fmt.Fprintf(a.out, " [%s]", byDefault)
		}
		fmt.Fprint(a.out, ": ")
		var answer string
		select {
		case line, ok := <-a.lines:
			if !ok {
				fmt.Fprintln(a.out)
				return "", mistake{errors.Join(errors.New("the answers end before the questions: want --yes, or flags in their place"), a.ended)}
			}
			answer = strings.TrimSpace(line)
		case <-ctx.Done():
			fmt.Fprintln(a.out)
			return "", ctx.Err()
		}
		if answer == "" {
			answer = byDefault
		}
		err := check(answer)
		if err == nil {
			return answer, nil
		}
		fmt.Fprintf(a.out, "  %v\n", err)
	}
}
