//go:build !race

package mocksender_test

// manyBatches is how many batches TestContractOfManyBatches sends in each
// protocol.
const manyBatches = 52_000
