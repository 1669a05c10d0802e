// Package subject is the receiver under test as everything else uses it: opened,
// reached, started again where it ends of its own, and never showing the secret.
//
// # Who is trusted with what
//
// A run executes other people's programs, with a secret, often in CI. It trusts as
// little as it can:
//
//   - Who writes receiver.yaml, a compose file or a Dockerfile is trusted with
//     everything that the user may do, as with a Makefile: these files name
//     programs to run, images to start, databases to ask and environment variables
//     to hand over. The same is true of the flags and of the environment. Their
//     mistakes are answered by an error; their malice is not defended against.
//   - The receiver is trusted with the secret, which it needs, and with nothing
//     else. As a process it runs as the user, and as a container as the engine lets
//     it: what it does there beside answering is not confined. Its answers, its
//     states and its log are data from a stranger: they are read up to a bound and
//     within a time, never followed, executed or obeyed, and shown as text without
//     what acts on a terminal, a browser or a CI server. A receiver can fail a run,
//     and lie about its own state; it can't make it hang, run out of memory, or
//     report a check that was not judged as passed.
//   - Who writes a scenario file may choose which requests the receiver under test
//     gets, and when it, or a service beside it, is stopped, killed or cut off,
//     within bounds of number, size and time. A scenario can name no other target,
//     no program and no path; it may put the secret into another header, which only
//     the receiver sees. The same holds for a counterexample out of somebody's
//     report.
//   - A report, a baseline or the file of a load from a stranger is data: it may
//     make its own rendering say anything, and the comparison with it worthless. It
//     can't write outside the report directory, or show as markup. It is no proof of
//     a certification either: nothing is signed; who needs that signs
//     attestation.json.
//   - The container engine is trusted with everything: it sees the containers'
//     environment, and with it the secret, and has the power over this machine that
//     it has anyway. What it answers is read as any program's answer. The database
//     that a SQL probe asks gets a query and its credentials; it is best given ones
//     that can only read.
//   - CI is trusted with the secret where it provides it, and with the files of a
//     run. Reports, logs and annotations may be public: the secret is in none of
//     them, in none of its usual encodings. What else the receiver logs is: the
//     files may be read by their owner alone, and who else sees them is the user's
//     choice.
//   - The network between here and the receiver is trusted as far as its URL asks:
//     over http:// the secret travels in the clear, as ContextPush itself would
//     send it.
//
// Processes, containers, networks and files that a run makes are removed at its
// end, also of one that is interrupted; what a run that was killed has left is
// removed by the next.
package subject
