package serve

import (
	"embed"
	"html/template"
	"net/http"

	"github.com/ctxpush/ctxpush/mocksender"
)

//go:embed assets
var assets embed.FS

var page = template.Must(template.ParseFS(assets, "assets/console.html"))

// console serves the page and what it is made of.
func (s *server) console(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		receiver := ""
		if s.Receiver != nil {
			receiver = s.hidden.Text(s.Receiver.Name)
		}
		_ = page.Execute(w, struct {
			Version, Receiver string
			Compares          bool
			Statuses          []mocksender.DeliveryStatus
		}{s.Version, receiver, s.Receiver != nil, mocksender.Statuses})
	})
	mux.Handle("GET /assets/", http.FileServerFS(assets))
}
