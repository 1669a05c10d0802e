package bench

import (
	"context"
	"fmt"
	"os/exec"
)

// k6Fixed sends one body again and again.
const k6Fixed = `const body = open(%[1]q);
const make = () => body;
`

// k6Made makes each body of 100 entries, as a script in that tool would.
const k6Made = `const content = JSON.parse(open(%[1]q))[0].content;
const statuses = ["pending", "delivered", "opened"];
let n = 0;
function make() {
  const entries = [];
  for (let at = 0; at < 100; at++, n++) {
    const id = __VU + "-" + n;
    const method = n %% 3 ? "context_aware" : "traditional";
    entries.push({
      device_token: id.padStart(64, "0"), user_id: "usr_" + id, campaign_id: "campaign-" + (n %% 64), idempotency_key: "push-" + id,
      delivery_status: statuses[n %% 3], delivery_method: method, planned_delivery_method: method,
      timestamp: new Date().toISOString(), content: content,
    });
  }
  return JSON.stringify(entries);
}
`

const k6Script = `import http from "k6/http";
export const options = {vus: %d, duration: %q, discardResponseBodies: true};
%s
export default function () {
  http.post(%q, make(), {headers: {"Content-Type": "application/json", "X-ctx-secret": %q}});
}
`

func runK6(body string) func(context.Context, job, string) (usage, error) {
	return func(ctx context.Context, j job, path string) (usage, error) {
		script := fmt.Sprintf(k6Script, j.Connections, seconds(j.Seconds).String(), fmt.Sprintf(body, j.path("body.json")), j.url, secret)
		if err := j.write("k6.js", script); err != nil {
			return usage{}, err
		}
		return execute(exec.CommandContext(ctx, path, "run", "--quiet", "--no-usage-report", j.path("k6.js")))
	}
}
