package load

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"

	"github.com/ctxpush/ctxpush/mocksender"
)

// kind is how an attempt ended: 0 for an acknowledgement, a status that is none,
// or one of the following.
type kind int

// The kinds of failure without a status.
const (
	kindTimeout   kind = 1000 + iota // no answer in time
	kindRefused                      // nobody listens
	kindReset                        // the receiver broke the connection
	kindClosed                       // the receiver closed it before the answer was there
	kindBadAnswer                    // not HTTP/1
	kindLongHead                     // a head beyond maxHead
	kindDNS                          // the name has no address
	kindTLS                          // no agreement, or no trust
	kindNoFiles                      // this process has no file descriptor left
	kindNoPorts                      // this machine has no port left
	kindNoMemory                     // this machine has no memory left
	kindNoAccess                     // this process may not connect there
	kindNoRoute                      // any other failure to connect
	kindBroken                       // any other failure of a connection
	kindFault                        // our own doing
	kindStopped                      // the run's end
)

var kindNames = map[kind]string{
	kindTimeout: "timeout", kindRefused: "refused", kindReset: "reset", kindClosed: "closed",
	kindBadAnswer: "bad_answer", kindLongHead: "long_head", kindDNS: "dns", kindTLS: "tls",
	kindNoRoute: "no_route", kindBroken: "broken",
	kindNoFiles: string(mocksender.NoFiles), kindNoPorts: string(mocksender.NoPorts),
	kindNoMemory: string(mocksender.NoMemory), kindNoAccess: string(mocksender.NoAccess),
}

// String is the kind's name in a Result's Errors: status_500 for a status.
func (k kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "status_" + strconv.Itoa(int(k))
}

var lackKinds = map[mocksender.Lack]kind{
	mocksender.NoFiles: kindNoFiles, mocksender.NoPorts: kindNoPorts,
	mocksender.NoMemory: kindNoMemory, mocksender.NoAccess: kindNoAccess,
}

var (
	errTimeout = errors.New("no answer in time")
	errStopped = errors.New("the run has ended")
)

// Windows has numbers of its own for these; no other system has such high ones.
const (
	wsaConnReset   = syscall.Errno(10054)
	wsaConnRefused = syscall.Errno(10061)
	wsaConnAborted = syscall.Errno(10053)
)

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// dialKind is the kind of a failure to connect.
func dialKind(err error) kind {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return kindStopped
	case isAny(err, syscall.ECONNREFUSED, wsaConnRefused):
		return kindRefused
	case lackKinds[mocksender.LackOf(err)] != 0:
		return lackKinds[mocksender.LackOf(err)]
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return kindTimeout
	case errors.As(err, &dns):
		return kindDNS
	case isTLS(err):
		return kindTLS
	case isAny(err, syscall.ECONNRESET, wsaConnReset):
		return kindReset
	case isAny(err, io.EOF, io.ErrUnexpectedEOF):
		return kindClosed
	}
	return kindNoRoute
}

// isTLS tells whether the two sides could not agree, or have no trust.
func isTLS(err error) bool {
	var header tls.RecordHeaderError
	var alert tls.AlertError
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &header) || errors.As(err, &alert) || errors.As(err, &verify) || errors.As(err, &unknown)
}

// exchangeKind is the kind of a failure on a connection.
func exchangeKind(err error) kind {
	switch {
	case errors.Is(err, errStopped):
		return kindStopped
	case errors.Is(err, errTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return kindTimeout
	case errors.Is(err, errBadAnswer):
		return kindBadAnswer
	case errors.Is(err, errLongHead):
		return kindLongHead
	case isAny(err, io.EOF, io.ErrUnexpectedEOF):
		return kindClosed
	case isAny(err, syscall.ECONNRESET, syscall.EPIPE, wsaConnReset, wsaConnAborted, io.ErrClosedPipe):
		return kindReset
	case isTLS(err):
		return kindTLS
	}
	return kindBroken
}
