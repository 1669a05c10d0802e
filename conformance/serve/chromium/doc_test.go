// Package chromium_test uses the console as people do, in a real browser:
// Debian's chromium or any other that speaks its protocol. Without one its tests
// are skipped, and say so, unless CTXPUSH_REQUIRE_CHROMIUM is set.
package chromium_test
