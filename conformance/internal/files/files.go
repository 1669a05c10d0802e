// Package files tells how many files this process may open.
package files

// Enough is more than a run takes, with a receiver in the same process. Where fewer
// are left, less is done side by side.
const Enough = 512
