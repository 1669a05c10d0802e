package config_test

import (
	"os"
	"path/filepath"

	"github.com/ctxpush/ctxpush/conformance/config"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The file's digest", func() {
	load := func(text string) config.Config {
		path := filepath.Join(GinkgoT().TempDir(), "receiver.yaml")
		Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
		c, err := config.Load(path, env)
		Expect(err).NotTo(HaveOccurred())
		Expect(c.File).To(Equal(path))
		return c
	}

	It("is that of its text", func() {
		Expect(load("name: a\n").FileDigest).To(Equal("sha256:1e7e5f3c45fc71cc0d92ffd6a4136ce35256118f2cb9a940b09a9e336022a571"))
		Expect(load("secret: {env: CTX_SECRET}\n").FileDigest).NotTo(BeEmpty())
	})

	It("is left out where the file holds the secret", func() {
		for _, text := range []string{"secret: {value: s3cret}\n", `secret: {value: "s\x33cret"}`, "secret: {env: CTX_SECRET}\nname: " + hush + "\n"} {
			Expect(load(text).FileDigest).To(BeEmpty(), text)
		}
	})
})
