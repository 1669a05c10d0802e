// Package state is what a receiver knows of a message, and how it differs from
// what must be true of it. Nothing else judges a state.
package state
