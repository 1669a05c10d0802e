// Package report makes a certification run's report out of the run's events,
// and writes it for those who read it: programs, CI servers and people.
//
// There is one value, [Report], and a [Builder] that grows it from the events.
// [JSON] and [Read] store it and take it back in. Each rendering is a function of
// that value, in a package below this one: html, terminal, ci, attest and badge.
// The package dir names them in a table and writes the folder, so that another
// format takes a package and a row there.
//
// # The report's directory
//
// dir.Write writes these files, each of them whole or not at all:
//
//	report.json          everything that is known of the run, for programs; the
//	                     schema is named in its first member, and every other
//	                     file can be made from this one
//	report.html          the same for people, as one page that needs nothing else:
//	                     what is wrong and why, as diagrams of what was sent and
//	                     answered, all checks, the explored orders, timings
//	junit.xml            the same verdicts as test cases, for the test view of
//	                     Jenkins, GitLab and GitHub Actions
//	ctrf.json            the same in the Common Test Report Format, for dashboards
//	                     and chat bots
//	summary.md           the verdict, what failed and how to show it, for the page
//	                     of a CI run; at most 1 MiB
//	attestation.json     the result as an in-toto statement, to be signed and kept
//	                     with the receiver's image
//	badge.svg            the verdict as a small picture, for a README
//	counterexamples/     scenario files that show a failure on their own; the
//	                     failures in report.json name theirs; unconfirmed/ has those
//	                     that did not fail again
//
// The files of an earlier run are replaced, and the counterexamples that its
// report names are removed. Nothing else in the directory is touched.
//
// # report.json
//
// The members that readers need most:
//
//	result               pass, fail, error (not all could be judged) or
//	                     interrupted
//	reason               why the run has no clear result, if it has none
//	summary              how many checks ended in which way. failed holds all
//	                     failed checks; failed_recommended says how many of them
//	                     are recommended only and so fail nothing
//	checks[]             one for each check that was finished, in the order of
//	                     the table of checks
//	checks[].reason      why the check was skipped, waived or not judged
//	checks[].failures[]  what was wrong: count states or requests failed alike.
//	                     No expected or no got means a message that is not known
//	checks[].failures[].trace
//	                     what was sent, answered and told, step by step: what the
//	                     diagrams of report.html are drawn from
//	checks[].orders[]    of an explored check, how many schedules of which shape
//	                     were played and failed
//	checks[].scenarios[] traces of all its scenarios, where the run keeps them
//	not_run              ids of the checks that a run which ended early never
//	                     finished
//	unneeded_waivers     waivers of checks that passed
//	notes                what else happened in the run, such as restarts
//	command, tool        what repeats the run: command line, version, seed
//	settings             what else was set for it, and the machine it ran on
//
// Times are in UTC, durations in milliseconds. Later versions of the program
// may add members under the same schema, and take none away.
//
// # junit.xml
//
// A check is a test case: its group is the class, its title the name. Only a
// required check that failed is a failure. What was waived, or is recommended
// only, is a skipped case that says so and carries its details as output, so
// that a build is red exactly where the run's result is not pass. A run that
// broke off or was interrupted has one more case, "the run", with an error.
//
// # summary.md
//
// GitHub-flavoured Markdown. Whatever the receiver wrote is text in it and nothing
// else: no HTML, no link, no image, no mention. ci.AppendSummary adds it to a file
// of the CI server's, such as the one that $GITHUB_STEP_SUMMARY names, and
// ci.Annotations are for the server's log.
//
// # attestation.json
//
// An in-toto Statement v1 with the test-result predicate v0.1, unsigned. Its
// subject is the image's digest. A receiver without an image goes by its name, and
// what is digested then is told by the subject's annotation digest_of: receiver.yaml
// is the file's digest, description that of the text in the annotation description
// (name, kind, identity and protocol, and for a receiver that ran already its URL).
// The predicate's configuration names the program with version, seed and epoch, and
// receiver.yaml by its digest. PASSED is a run in which every check passed, WARNED
// one that passed but skipped a check, waived one or did not meet a recommended
// one; everything else, a run that was interrupted too, is FAILED.
//
// # What is new
//
// [Report.Since] compares with an earlier report, and the member baseline of
// report.json holds what it found: new, fixed, how many failures are known, and how
// many were not judged again. Two failures are one if check, kind and both statuses
// are the same; the messages are others with each seed.
package report
