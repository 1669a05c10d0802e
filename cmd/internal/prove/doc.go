// Package prove measures the suite's own error rate: it certifies receivers
// whose verdict is known beforehand. Every mutant, a receiver with one planted
// bug, must be found by the check that is named for it and fail no check of
// another rule; no correct design may be accused.
package prove
