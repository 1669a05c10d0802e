//go:build !unix

package main

import (
	"context"
	"errors"

	"github.com/ctxpush/ctxpush/cmd/internal/torture"
)

func interrupt(context.Context, torture.Program, uint64, int, int) error {
	return errors.New("-signals needs Unix")
}
