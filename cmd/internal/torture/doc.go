// Package torture runs the program against receivers that misbehave, each run a
// process of its own, and sees that it ends in time, with a truthful exit code
// and little memory, keeps the secret, and leaves nothing behind.
package torture
