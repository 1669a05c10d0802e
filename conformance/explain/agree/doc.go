// Package agree finds out which mistakes a receiver must have made for what was
// seen of it. It runs models of receivers with one mistake, or two, over all
// requests that were sent, and keeps those that foretell every look at a state
// and every answer: the passes as well as the failures.
//
// Requests one after the other have one outcome. For those that overlap a
// message has the set of states that any order of them can leave it in. A model
// agrees with a look if what was seen is in the set.
package agree
