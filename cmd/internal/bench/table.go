package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// row is one tool on one server. Rates are a second, times in seconds.
type row struct {
	name, what           string
	rate, bytes, body    float64
	clientCPU, serverCPU float64 // a request
	clientMem            int64
}

// table prints rows, and beside each figure its ratio to the first row's, if
// that is wrk's.
func table(w io.Writer, kind string, rows []row) {
	fmt.Fprintf(w, "\nServer: %s\n", kind)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer tw.Flush()
	fmt.Fprint(tw, "tool\trequests/s\t\tMB/s\tkB a body\tclient CPU µs/request\t\tserver CPU µs/request\t\tclient memory MB\t  bodies\n")
	for _, r := range rows {
		ratio := func(own, wrk float64) string {
			if rows[0].name != tools[0].name || wrk == 0 {
				return ""
			}
			return fmt.Sprintf("%.2f×", own/wrk)
		}
		first := rows[0]
		fmt.Fprintf(tw, "%s\t%.0f\t%s\t%.0f\t%.1f\t%.1f\t%s\t%.1f\t%s\t%.0f\t  %s\n", r.name, r.rate, ratio(r.rate, first.rate), r.bytes/1e6, r.body/1e3,
			r.clientCPU*1e6, ratio(r.clientCPU, first.clientCPU), r.serverCPU*1e6, ratio(r.serverCPU, first.serverCPU), float64(r.clientMem)/1e6, r.what)
	}
}
