package config_test

import (
	"encoding/json"
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/config"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A secret", func() {
	It("is blanked out in every form of print", func() {
		c := config.Config{
			Secret:   hush,
			Receiver: config.Receiver{Command: &config.Command{Env: config.Values{"A": hush}}},
			Probe: config.Probe{
				HTTP: &config.HTTPProbe{Headers: config.Values{"Authorization": hush}},
				SQL:  &config.SQLProbe{DSN: "postgres://u:" + hush + "@h/"},
				Exec: &config.ExecProbe{Env: config.Values{"A": hush}},
			},
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			for _, v := range []any{c, &c, c.Secret, c.Receiver.Command, c.Probe.HTTP, c.Probe.SQL, c.Probe.Exec, c.Probe.HTTP.Headers, []any{c.Secret}} {
				printed := fmt.Sprintf(verb, v)
				Expect(printed).NotTo(ContainSubstring(hush), verb)
				Expect(printed).NotTo(MatchRegexp("(?i)%x", hush), verb)
			}
		}
		Expect(fmt.Sprintf("%v %q %#v", c.Secret, c.Secret, c.Secret)).To(Equal(`[secret] [secret] config.Secret("[secret]")`))
		Expect(fmt.Sprintf("%v %#v", c.Probe.HTTP.Headers, c.Probe.HTTP.Headers)).To(Equal("[Authorization] config.Values[Authorization]"))
		Expect(fmt.Sprintf("%v", config.Secret(""))).To(BeEmpty())
	})

	It("is hidden wherever a variable of the environment brought it, but in a program's name", func() {
		c, err := config.Parse("receiver.yaml", []byte("path: /webhook?key=${QUERY}\n"+
			"receiver: {command: {argv: [\"${PROGRAM}\", --token, \"${ARGUMENT}\", \"${PORT}\"], env: {A: \"${VALUE}\", SECRET: \"${SECRET}\"}}}\n"+
			"probe: {exec: {argv: [./state, --token, \"${STATE}\"], env: {B: \"${OTHER}\"}}}\n"), ".", func(name string) (string, bool) {
			return "the-" + name, name != "SECRET"
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Private()).To(ConsistOf("the-QUERY", "the-ARGUMENT", "the-VALUE", "the-STATE", "the-OTHER"))
	})

	It("is blanked out in JSON", func() {
		text, err := json.Marshal(struct {
			S config.Secret
			V config.Values
		}{hush, config.Values{"A": hush, "B": ""}})
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(Equal(`{"S":"[secret]","V":{"A":"[secret]","B":""}}`))
	})
})
