package conformance

import (
	"maps"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
)

const (
	compareTimes = "Write an entry only where it is newer than what is stored: compare the timestamps, to the millisecond, in the same statement that writes " +
		"(INSERT … ON CONFLICT … DO UPDATE … WHERE excluded.timestamp > pushes.timestamp). Where two are equal, the later status of a message's life wins."
	wholeKey    = "Make campaign_id, user_id and idempotency_key (and device_token, where devices count) one unique key, as they are sent, and look states up by all of it."
	upsert      = "Write with an upsert, reduce a batch to the newest entry of each key first, and answer 2xx where there is nothing to change."
	limits      = "Raise the limits to 100 entries and to bodies of 1 MB, also in the proxy or the framework in front: its defaults, such as 100 KB, are often lower."
	transaction = "Write a batch in one transaction and answer 2xx only after its commit. Whatever goes wrong before, a lost connection and a time-out of the database too, is answered 5xx: ContextPush " +
		"sends the batch again. Catch no error of the database without that, and let the pool replace connections that broke."
	persist = "Answer 2xx after the transaction is committed and the data is on disk, not when the work is queued in memory."
)

// remediesOf are what to change where a state is wrong after an outage. What came
// before it, and how times are compared, is not to blame.
var remediesOf = map[scenarios.Outage]string{
	scenarios.ServicesKilled: transaction,
	scenarios.ServicesPaused: transaction,
	scenarios.NetworkCut:     "Treat a request that breaks off as one that never came: roll back what it began, remember nothing of it, and take it as new when it comes again.",
	scenarios.NetworkSlow:    "Read the whole body, by its Content-Length, before anything is done with it, and do all of it again when it comes again.",
	scenarios.ReceiverPaused: persist + " What a freeze lets run out, such as a lock, a lease or a time-out, must fail the request, so that it comes again.",
}

// remedies are what to change, by the likely cause.
var remedies = map[string]string{
	lastArrivalWins:  compareTimes,
	lastOfBatchWins:  compareTimes,
	firstArrivalWins: "Tell copies by the key and the change (delivery_status and timestamp), not by the key alone, and let a newer change replace an older one. " + compareTimes,
	firstOfBatchWins: "Read all entries of a batch and keep the newest of each key, not the first.",
	sameSecondLast:   "Store timestamps with their milliseconds, and compare them so.",
	sameSecondFirst:  "Store timestamps with their milliseconds, and compare them so.",
	lateFields:       "Decide once whether an entry is newer, and then write all of its fields or none.",
	noLock:           "Decide and write in one statement, or lock the row (SELECT … FOR UPDATE) before the state is read.",
	onlySuccessor:    "Take every entry on its own: intermediate changes may never come, so that any entry may be the first. Insert where there is no row yet.",
	tokenRequired:    "Read device_token as optional: a cancelled entry does not have it, and holds for all devices of its message.",
	batchTwice:       upsert,
	copyRefused:      upsert,
	bodyLimit:        limits,
	entryLimit:       limits,
	shortColumn:      "Widen the columns of the key, or use a text type without a length.",
	noCampaign:       wholeKey,
	noUser:           wholeKey,
	noKey:            wholeKey,
	ignoresCase:      "Compare the parts of the key byte by byte: a binary or case-sensitive collation for its columns.",
	cutKey:           wholeKey,
	noDevice:         "Make device_token a part of the key, or set identity: user in receiver.yaml if only users count.",
	devicesCombined:  "Keep a state for each device and combine them: opened if any is opened, else delivered if any is, and only failed if all are.",
	appliedLater:     "Let jobs in the background compare timestamps as the webhook does, when they write and not when they are queued.",
}

// kindRemedies are what to look at where the cause says no more.
var kindRemedies = map[event.Kind]string{
	event.Lost:     "Look at what happens to an entry that comes first, alone, or again after an attempt that failed: whatever is acknowledged must be stored. " + persist,
	event.Stale:    "A newer entry came and was not kept. " + compareTimes,
	event.Reverted: "The state was right at first. Look for jobs, caches or replicas that write or answer later, and let each compare timestamps when it writes.",
	event.Merged:   "Another message's state was told. " + wholeKey,
	event.Invented: "No entry has this state. Look at how words and fields are mapped, at default values, and at the probe's own mapping (statuses and jq in receiver.yaml).",
	event.Refused:  "The request is valid and must be answered 2xx. The answer's body and the receiver's log at that time tell why it was not.",
	event.Accepted: "Check the X-ctx-secret header, exactly and in constant time, before anything is read or written, and answer 401.",
	event.Crashed:  "The receiver's process ended. Its log tells why; catch what a single request may throw, so that the others live.",
}

// remedy is what to change about a failure of a check.
func remedy(c *scenarios.Check, f event.Failure) string {
	if f.Kind == event.Lost || f.Kind == event.Stale {
		for _, o := range slices.Sorted(maps.Keys(remediesOf)) {
			if c.Fails(o) {
				return remediesOf[o]
			}
		}
	}
	if r := remedies[f.Cause]; r != "" {
		return r
	}
	return kindRemedies[f.Kind]
}
