package explain

import "slices"

// causes are all that is known of what receivers do wrong. A check of the
// catalogue names the likeliest of them by its ID.
var causes = slices.Concat(causesOfOrder, causesOfStorage)

// causesOfOrder are those of how entries are put in order, of requests that
// overlap and of those that are refused.
var causesOfOrder = []Cause{
	// What a state shows of how entries are put in order.
	{ID: "last-arrival-wins",
		Text: "the last arrival wins",
		Remedy: "Write an entry only where it is newer than what is stored: compare the timestamps, to the " +
			"millisecond, in the same statement that writes (INSERT … ON CONFLICT … DO UPDATE … WHERE " +
			"excluded.timestamp > pushes.timestamp). Where two are equal, the later status of a message's " +
			"life wins."},
	{ID: "last-of-batch-wins", Wider: "last-arrival-wins",
		Text: "the last entry of a message in a batch wins",
		Remedy: "Compare the timestamps of a message's entries within a batch, too: reduce the batch to the " +
			"newest entry of each key before it is written."},
	{ID: "first-arrival-wins",
		Text: "the first arrival wins: what comes later is taken for a copy",
		Remedy: "Tell copies by the key and the change (delivery_status and timestamp), not by the key alone, " +
			"and let a newer change replace an older one: compare the timestamps, to the millisecond, in the " +
			"statement that writes."},
	{ID: "first-of-batch-wins", Wider: "first-arrival-wins",
		Text:   "only the first entry of a message in a batch counts",
		Remedy: "Read all entries of a batch and keep the newest of each key, not the first."},
	{ID: "pending-resets",
		Text: "the last arrival wins, or pending is taken for a new message and resets the old one",
		Remedy: "Treat pending as any other change: it is written only where its timestamp is newer than what is " +
			"stored. Where the key is known, nothing begins anew."},
	{ID: "cancelled-moved",
		Text: "the last arrival wins, or the cancellation is stored where a later entry does not look",
		Remedy: "Look for a cancellation wherever an entry is compared: it is the newest change of all of its " +
			"message's devices, and an older entry that comes after it changes nothing."},
	{ID: "late-seen-forgotten",
		Text: "the last arrival wins, or only the newest entry is remembered as seen",
		Remedy: "Compare timestamps, not memories of what was seen: a copy of an older entry is older than what " +
			"is stored, and changes nothing."},
	{ID: "same-second-last",
		Text: "timestamps are cut to seconds, and among equal ones the last arrival wins",
		Remedy: "Store timestamps with their milliseconds, and compare them so; a column such as DATETIME(3) or " +
			"TIMESTAMPTZ keeps them. Where two are equal, the later status wins, whichever came last."},
	{ID: "same-second-first",
		Text: "timestamps are cut to seconds, and among equal ones the first arrival wins",
		Remedy: "Store timestamps with their milliseconds, and compare them so; a column such as DATETIME(3) or " +
			"TIMESTAMPTZ keeps them. Where two are equal, the later status wins, whichever came first."},
	{ID: "late-fields",
		Text: "a late entry is kept from moving the status, but its method and timestamp are written all the " +
			"same",
		Remedy: "Decide once whether an entry is newer, and then write all of its fields or none."},
	{ID: "only-successor",
		Text: "an entry is only taken as the successor of the state before it, or as the update of a row that " +
			"pending made",
		Remedy: "Take every entry on its own: intermediate changes may never come, so that any entry may be the " +
			"first. Insert where there is no row yet."},
	{ID: "pending-required",
		Text:   "a message must begin with pending",
		Remedy: "Insert a row for whichever entry comes first: a traditional push may have no pending at all."},
	{ID: "cancelled-needs-pending",
		Text:   "a cancellation is only taken as the update of a row that pending made",
		Remedy: "Insert a row for a cancellation whose message is not known: its pending may have been dropped."},
	{ID: "waits-for-predecessor",
		Text: "a change waits for the one before it, which never comes",
		Remedy: "Apply an entry as it comes: ContextPush drops a batch after two hours of retries, and nothing " +
			"tells of it."},
	{ID: "entries-dropped",
		Text:   "an entry is dropped that comes before another, or without it",
		Remedy: "Store whatever entry comes first for a key: the others may come later, or never."},
	{ID: "order-dependent",
		Text: "the state depends on the order, the number or the grouping in which entries arrive",
		Remedy: "Let the state follow from the set of entries alone: the one with the newest timestamp, whatever " +
			"the order, the copies and the batches in which they come."},
	{ID: "old-entry-dropped",
		Text: "an entry is left out because newer ones, of other messages, have arrived before it",
		Remedy: "Compare an entry with its own message's state only, never with a high-water mark over all " +
			"messages."},
	{ID: "applied-later",
		Text: "something in the background, such as a queue's job, applied an older entry later",
		Remedy: "Let jobs in the background compare timestamps as the webhook does, when they write and not when " +
			"they are queued."},

	// Requests that overlap.
	{ID: "no-lock",
		Text: "the state is read and then written without a lock on its row, so that one request overwrites " +
			"the other",
		Remedy: "Decide and write in one statement, or lock the row (SELECT … FOR UPDATE) before the state is " +
			"read."},
	{ID: "insert-race",
		Text: "two requests insert the same row at once, and one of them fails for good",
		Remedy: "Write with an upsert, or try again after a unique key was violated: the row is there then, and " +
			"can be compared."},
	{ID: "deadlock-swallowed",
		Text: "rows are locked in the order of the batch, and a request that the database ends for a deadlock " +
			"is not repeated",
		Remedy: "Write a batch's rows in the order of their keys, and repeat a transaction that the database has " +
			"ended for a deadlock, or answer 5xx."},
	{ID: "busy-swallowed",
		Text: "a request that does not get a lock or a connection in time is acknowledged and its entries are " +
			"lost",
		Remedy: "Answer 503 where a lock or a connection does not come in time: ContextPush sends the batch " +
			"again."},

	// Requests that are refused.
	{ID: "body-limit",
		Text: "a limit on the size of a body is below 100 entries of 4 KB",
		Remedy: "Raise the limit on bodies to 1 MB, also in the proxy or the framework in front: its defaults, " +
			"such as 100 KB, are often lower."},
	{ID: "body-limit-default",
		Text: "a limit on the size of a body, such as the 100 KB of a body parser, is left at its default",
		Remedy: "Set the body parser's limit to 1 MB (express.json({limit: \"1mb\"}), client_max_body_size 1m), " +
			"and read the whole body."},
	{ID: "entry-limit",
		Text: "a limit on the number of entries is below 100",
		Remedy: "Take batches of up to 100 entries: raise the limit of the validation, or of the statement's " +
			"parameters, or write in several statements of one transaction."},
	{ID: "first-entry-or-limit",
		Text:   "only the first entry is read, or a limit on the number of entries is below 100",
		Remedy: "Read the body as an array and handle each of its entries, up to 100."},
	{ID: "short-column",
		Text:   "a column is shorter than a part of the key, and what is longer is refused",
		Remedy: "Widen the columns of the key, or use a text type without a length."},
	{ID: "token-required",
		Text: "a cancelled entry is refused: device_token is read as a required field, or absent and null are " +
			"confused",
		Remedy: "Read device_token as optional: a cancelled entry does not have it, and holds for all devices of " +
			"its message."},
	{ID: "token-confused",
		Text: "device_token is read as a required field, or absent and null are confused",
		Remedy: "Read device_token as optional, absent as well as null, and let an entry without it hold for all " +
			"devices of its message."},
	{ID: "batch-twice",
		Text: "a batch that holds one message twice is refused: an upsert of several rows meets the same key " +
			"twice",
		Remedy: "Reduce a batch to the newest entry of each key before it is written: an upsert of several rows " +
			"must not meet one key twice."},
	{ID: "batch-twice-or-last",
		Text: "an upsert of several rows meets the same key twice, or the last entry of the batch wins",
		Remedy: "Reduce a batch to the newest entry of each key, by timestamp and not by place, before an upsert " +
			"of several rows."},
	{ID: "entry-twice",
		Text: "an upsert of several rows meets the same key twice",
		Remedy: "Leave out copies within a batch before it is written: one entry of each key is enough, the " +
			"newest."},
	{ID: "copy-refused",
		Text: "a copy is refused: a unique key is violated and answered as an error",
		Remedy: "Write with an upsert (ON CONFLICT DO UPDATE … WHERE newer) and answer 2xx where there is " +
			"nothing to change: the sender cannot know that it has come before."},
	{ID: "copy-refused-or-new",
		Text:   "a unique key is violated and answered as an error, or a copy counts as a new change",
		Remedy: "Take a copy in silence: answer 2xx, change nothing, count nothing."},
	{ID: "known-rows-refused",
		Text: "an insert of known rows is answered as an error",
		Remedy: "Insert with ON CONFLICT DO NOTHING or an upsert, and answer 2xx to a batch of which all is " +
			"known."},
	{ID: "repeated-refused",
		Text: "the repeated batch violates a unique key and is never acknowledged",
		Remedy: "Answer 2xx to a batch that was stored before: its acknowledgement was lost on the way, and " +
			"ContextPush repeats it until it gets one."},
	{ID: "repeated-attack",
		Text: "a repeated batch is taken for an attack or an error after a few times, and refused",
		Remedy: "Take a batch however often it comes: ContextPush repeats it up to twenty times in two hours. " +
			"Limit nothing by its content."},
	{ID: "malformed-entry-ends-batch",
		Text: "one entry that the code did not expect ends the work on the whole batch",
		Remedy: "Handle each entry by itself, in one transaction: what is unusual about one, such as an absent " +
			"device_token, must not cost the others."},
	{ID: "status-unknown",
		Text: "a status is missing from a list, an enumeration or a column's constraint",
		Remedy: "Know all five statuses (pending, delivered, opened, failed, cancelled) wherever they are " +
			"listed: validation, enumeration, column, constraint."},
	{ID: "closed-schema",
		Text: "the entry is validated against a closed schema",
		Remedy: "Ignore fields that you do not know (additionalProperties: true; FAIL_ON_UNKNOWN_PROPERTIES " +
			"off): ContextPush may add some."},
	{ID: "content-type-strict",
		Text: "the Content-Type header is compared too strictly",
		Remedy: "Compare Content-Type by its media type, application/json, without regard to parameters, spaces " +
			"and case."},
	{ID: "content-type-whole",
		Text:   "the Content-Type header is compared as a whole string instead of by its media type",
		Remedy: "Cut the parameters, such as charset=utf-8, off the Content-Type before it is compared."},
	{ID: "secret-not-accepted",
		Text: "the receiver does not accept the secret that it was given, or its header's spelling",
		Remedy: "Hand ${SECRET} over to the receiver, and read it from X-ctx-secret whatever the case of the " +
			"header's name."},
	{ID: "wrong-path",
		Text:   "the webhook's path is another: see path in receiver.yaml",
		Remedy: "Set path in receiver.yaml to the path under which the receiver takes POST."},
	{ID: "nothing-works",
		Text:   "the webhook's path, its method or the look-up of a state does not work at all",
		Remedy: "Run ctxpush doctor: it tells which of path, method, secret and probe is not right yet."},
	{ID: "no-answer",
		Text: "the receiver closes the connection, or takes longer than the time-out",
		Remedy: "Answer each request in less time than the time-out, and never without an answer: what cannot be " +
			"done now is answered 503."},
}
