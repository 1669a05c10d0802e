package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestKinds(t *testing.T) {
	op := func(err error) error {
		return fmt.Errorf("over: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", err)})
	}
	for _, c := range []struct {
		err            error
		dial, exchange string
	}{
		{op(syscall.ECONNREFUSED), "refused", "broken"},
		{op(wsaConnRefused), "refused", "broken"},
		{op(syscall.ECONNRESET), "reset", "reset"},
		{op(wsaConnReset), "reset", "reset"},
		{op(syscall.EPIPE), "no_route", "reset"},
		{op(syscall.EMFILE), "no_files", "broken"},
		{op(syscall.ENFILE), "no_files", "broken"},
		{op(syscall.EADDRNOTAVAIL), "no_ports", "broken"},
		{op(syscall.ENOBUFS), "no_memory", "broken"},
		{op(syscall.EACCES), "no_access", "broken"},
		{op(syscall.ETIMEDOUT), "timeout", "broken"},
		{op(syscall.EHOSTUNREACH), "no_route", "broken"},
		{context.DeadlineExceeded, "timeout", "broken"},
		{os.ErrDeadlineExceeded, "timeout", "timeout"},
		{errTimeout, "no_route", "timeout"},
		{&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}, "dns", "broken"},
		{&net.DNSError{Err: "slow", Name: "x", IsTimeout: true}, "timeout", "broken"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "tls", "tls"},
		{&tls.CertificateVerificationError{Err: errors.New("expired")}, "tls", "tls"},
		{tls.AlertError(40), "tls", "tls"},
		{io.EOF, "closed", "closed"},
		{io.ErrUnexpectedEOF, "closed", "closed"},
		{errBadAnswer, "no_route", "bad_answer"},
		{errLongHead, "no_route", "long_head"},
		{errors.New("whatever"), "no_route", "broken"},
	} {
		if got := dialKind(c.err).String(); got != c.dial {
			t.Errorf("to connect, %v is %s, want %s", c.err, got, c.dial)
		}
		if got := exchangeKind(c.err).String(); got != c.exchange {
			t.Errorf("on a connection, %v is %s, want %s", c.err, got, c.exchange)
		}
	}
	if got := kind(503).String(); got != "status_503" {
		t.Error(got)
	}
	if dialKind(context.Canceled) != kindStopped || exchangeKind(errStopped) != kindStopped {
		t.Error("the end of the run is a failure")
	}
}
