// Package conformance certifies webhook receivers of ContextPush: it starts a
// receiver, plays the catalogue's checks at it, reads its state, judges it, and
// tells what is wrong.
//
// # Three ways in
//
// [Certify] runs everything and returns a report, in any Go program or test:
//
//	r, err := conformance.Certify(ctx, conformance.Config{
//		Target: config.Config{
//			Secret:   "…",
//			Receiver: config.Receiver{URL: "http://127.0.0.1:3000"},
//		},
//	})
//
// Package conformance/spec registers the checks in a Ginkgo suite of one's own, where
// each is a spec that can be focused, labelled with its level and clauses.
//
// The program ctxpush certify is Certify with flags, and writes the report's
// files by [github.com/ctxpush/ctxpush/conformance/report/dir.Write].
//
// [Play] and [Preview] are for single scenarios: a counterexample that a report
// names, or one of the user's own.
//
// # What is certified
//
// [Config] says it all; its zero value certifies the built-in reference receiver
// with every check. Config.Target is what receiver.yaml holds, and
// [github.com/ctxpush/ctxpush/conformance/config.Load] reads that file: how the
// receiver is started (or where it runs already), and how its state is read. A
// receiver that was started is put away again, whatever happens in between.
//
// Receivers that are a url or a command are always known. The other kinds, the
// built-in one among them, and the drivers of SQL probes are packages that are linked
// by who wants them: [github.com/ctxpush/ctxpush/conformance/kinds] takes all.
//
// Everything made-up follows from Config.Seed and Config.Epoch: the same two make
// the same requests. Nothing that a run tells shows the secret.
//
// # How verdicts are reached
//
// A check is one property of the contract with the scenarios that try it, or all
// orders of arrival up to a bound. Its messages are its own, so that checks run
// side by side. After the last acknowledgement the receiver has the time to settle
// to reach the final state; that state is looked at again at the end of the run. A
// check that could not be judged because the surroundings broke is an error and
// never a failure, and what was skipped says why.
//
// All requests and all states that were read are kept in a journal. Where checks have
// failed the models of package fixtures/model run over it: the cause is the mistake
// that foretells all that was seen, passes included.
//
// # Watching a run
//
// Config.Observers read the run's events as they happen
// ([github.com/ctxpush/ctxpush/conformance/event]). Every output is one: the
// report's Builder, the progress on a terminal. The run waits for its observers,
// so they should only take note.
//
// Who is trusted with what in a run stands in the documentation of package subject.
//
// The packages below, from what decides to what is decided by: state compares,
// config is receiver.yaml, receiver starts and kills, probe reads states, subject is
// all three, play plays a scenario, explore all schedules, explain says why one
// failed, event is what is told, report renders it.
package conformance
