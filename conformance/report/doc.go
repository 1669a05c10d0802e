// Package report makes a certification run's report out of the run's events,
// and writes it for those who read it: programs, CI servers and people.
//
// There is one value, Report, and a [Builder] that grows it from the events.
// Each rendering is a function of that value in a file of its own, so that a
// stored report can be rendered again: [Read] takes it back in.
//
// # The report's directory
//
// [WriteDir] writes these files, each of them whole or not at all:
//
//	report.json          everything that is known of the run, for programs; the
//	                     schema is named in its first member, and every other
//	                     file can be made from this one
//	report.html          the same for people, as one page that needs nothing else:
//	                     what is wrong and why, as diagrams of what was sent and
//	                     answered, all checks, the explored orders, timings
//	junit.xml            the same verdicts as test cases, for the test view of
//	                     Jenkins, GitLab and GitHub Actions
//	counterexamples/     scenario files that show a failure on their own; the
//	                     failures in report.json name theirs
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
package report
