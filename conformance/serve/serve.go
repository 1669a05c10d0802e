// Package serve is the mock ContextPush service as a server: the vendor's calls,
// a control API and a console, and beside the true state of each message the one
// that the receiver has.
package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/redact"
	"github.com/ctxpush/ctxpush/mocksender/service"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Config is what a server is made of.
type Config struct {
	Service *service.Service
	// CancelPath is the service's.
	CancelPath string
	// APIToken is what the control API and the console want; empty is none, which
	// is for loopback alone.
	APIToken string
	// Loopback tells that the server listens on loopback: requests by another
	// name are refused, since a page on the web could have made them.
	Loopback bool
	// Receiver is what holds the receiver's states; nil is nobody.
	Receiver *Receiver
	// Hidden are texts that no answer shows: the webhook's secret, the tokens.
	Hidden []string
	// Version is the program's.
	Version string
}

// Receiver is the receiver whose states stand beside the true ones.
type Receiver struct {
	Name string
	// URL is where it is reached, which may be elsewhere once it was started again.
	URL      func() string
	Probe    probe.Prober
	Identity scenarios.Identity
	// Ignores are statuses that the receiver does not keep.
	Ignores []mocksender.DeliveryStatus
	// Settle is how long after the last acknowledgement a state may take.
	Settle time.Duration
}

// server answers everything but the vendor's calls.
type server struct {
	Config
	hidden *redact.Redactor
}

// Handler answers all calls.
func Handler(c Config) (http.Handler, error) {
	if !c.Loopback && c.APIToken == "" {
		return nil, errors.New("an address other than loopback needs an API token: want --api-token")
	}
	s := &server{Config: c, hidden: redact.New("[secret]", c.Hidden...)}
	private := http.NewServeMux()
	s.register(private)
	s.console(private)
	mux := http.NewServeMux()
	mux.Handle("/", s.private(private))
	for _, path := range []string{service.SchedulePath, c.CancelPath} {
		mux.Handle(path, c.Service.Handler())
	}
	return s.guard(mux), nil
}

// register makes the control API.
func (s *server) register(mux *http.ServeMux) {
	c := huma.DefaultConfig("ContextPush mock service", s.Version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/v1/openapi", "", ""
	c.CreateHooks = nil // no $schema in every answer
	format := huma.Format{Marshal: s.marshal, Unmarshal: json.Unmarshal}
	c.Formats = map[string]huma.Format{"application/json": format, "json": format}
	api := humago.New(mux, c)
	s.registerMessages(api)
	s.registerDeliveries(api)
	s.registerControls(api)
	s.registerEvents(api)
	s.registerVerdict(api)
	s.registerStates(api)
	s.registerReceiver(api)
	s.registerExport(api)
}

// marshal writes JSON in which nothing hidden shows.
func (s *server) marshal(w io.Writer, value any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	_, err := io.WriteString(w, s.hidden.Text(b.String()))
	return err
}

// refused is err as the API answers it.
func refused(err error) error {
	e := service.AsError(err)
	if e.Field == "" {
		return huma.NewError(e.Code, e.Message)
	}
	return huma.NewError(e.Code, e.Message, &huma.ErrorDetail{Location: e.Field, Message: e.Message, Value: e.Value})
}

// IsLoopback tells whether the address that is listened on is of this machine
// alone.
func IsLoopback(listen string) (bool, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false, fmt.Errorf("listen %q: want HOST:PORT, such as 127.0.0.1:8030", listen)
	}
	return isLoopbackHost(host), nil
}
