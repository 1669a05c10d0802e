package receiver

import (
	"fmt"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// CompareSecret is what a receiver has to do with the secret.
const CompareSecret = "it must compare the header X-ctx-secret with the shared secret, whatever the case of the header's name"

// ReadyAdvice is what to do about a receiver that was started and did not get
// ready; listen is where it must listen.
func ReadyAdvice(key string, ready config.Ready, listen string) []string {
	advice := []string{"see what its log says, and that it listens on " + listen}
	if ready.HTTP != "" {
		return append(advice, fmt.Sprintf("%s.ready.http is %s: does it answer 2xx? Is %s.ready.timeout (%s) enough?", key, ready.HTTP, key, ready.Timeout))
	}
	return append(advice, fmt.Sprintf("if it needs longer than %s, set %s.ready.timeout", ready.Timeout, key))
}

// EnvSecretAdvice is what to do about a receiver that refuses the right secret and
// has it from the variables of a key.
func EnvSecretAdvice(key string, env config.Values) []string {
	for _, template := range env {
		if strings.Contains(template, "${"+config.VarSecret+"}") {
			return []string{fmt.Sprintf("does the receiver read its secret from the variable in %s that holds ${SECRET}?", key), CompareSecret}
		}
	}
	return []string{
		fmt.Sprintf("%s hands no ${SECRET} over: add the variable from which the receiver reads its secret,", key),
		"such as SECRET: ${SECRET}; or set secret to the one that it has"}
}
