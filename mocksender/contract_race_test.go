//go:build race

package mocksender_test

// manyBatches is less under the race detector, which is ten times as slow and
// has seen in the first thousand what it can.
const manyBatches = 2_000
