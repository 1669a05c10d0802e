package explain

// causesOfStorage are those of keys, of what is kept of an entry and for how long,
// of retries, secrets, bodies, restarts and outages.
var causesOfStorage = []Cause{
	// Keys.
	{ID: "no-campaign",
		Text: "the key, or the look-up, lacks campaign_id",
		Remedy: "Make campaign_id a part of the unique key, beside user_id and idempotency_key, and look states " +
			"up by all of it."},
	{ID: "no-user",
		Text: "the key, or the look-up, lacks user_id",
		Remedy: "Make user_id a part of the unique key, beside campaign_id and idempotency_key, and look states " +
			"up by all of it."},
	{ID: "no-key",
		Text: "the key, or the look-up, lacks idempotency_key",
		Remedy: "Make idempotency_key a part of the unique key, beside campaign_id and user_id, and look states " +
			"up by all of it."},
	{ID: "part-lacking",
		Text: "the key in the database, or of the look-up, lacks that part",
		Remedy: "Make campaign_id, user_id and idempotency_key (and device_token, where devices count) one " +
			"unique key, as they are sent, and look states up by all of it."},
	{ID: "ignores-case",
		Text: "the parts of the key are compared without regard to case",
		Remedy: "Compare the parts of the key byte by byte: a binary or case-sensitive collation for its " +
			"columns, and no lower() on the way."},
	{ID: "collation",
		Text:   "the key's column has a collation that ignores case",
		Remedy: "Give the key's columns a binary or case-sensitive collation, such as utf8mb4_bin."},
	{ID: "cut-key",
		Text:   "the parts of the key are cut off or compared in part",
		Remedy: "Store and compare each part of the key in full, up to 255 characters."},
	{ID: "key-column-short",
		Text: "the key's column is shorter than the key, and what is longer is cut off or refused",
		Remedy: "Widen the key's columns to 255 characters, or use a text type without a length, and let no mode " +
			"of the database cut silently."},
	{ID: "no-device",
		Text: "the device token is left out of the key although devices count",
		Remedy: "Make device_token a part of the key, or set identity: user in receiver.yaml if only users " +
			"count."},
	{ID: "device-or-not",
		Text: "the device token is left out of the key although devices count, or is part of it although users " +
			"count",
		Remedy: "Decide whether devices or users count, say so as identity in receiver.yaml, and make " +
			"device_token a part of the key only with identity: device."},
	{ID: "device-always",
		Text: "the device token is always part of the key, and a cancelled entry finds no row or makes one of " +
			"its own",
		Remedy: "Let a cancelled entry, which has no device_token, hold for the message: keep a row for it, and " +
			"combine it with each device's when a state is read."},
	{ID: "cancelled-by-part",
		Text:   "the cancellation is looked up by a part of the key only, as its device token is absent",
		Remedy: "Look a cancellation's message up by campaign_id, user_id and idempotency_key, all three."},
	{ID: "devices-combined",
		Text: "the devices of a message are combined in another way than by the furthest of them",
		Remedy: "Keep a state for each device and combine them: opened if any is opened, else delivered if any " +
			"is, and only failed if all are."},
	{ID: "key-for-ever",
		Text: "the key is taken to name the same message for ever",
		Remedy: "Let a key name a new message once 30 days are over: compare how far its timestamp lies after " +
			"what is stored."},
	{ID: "null-token-copy",
		Text: "a row without a device token is not found by the query that looks for copies",
		Remedy: "Compare device_token with IS NOT DISTINCT FROM, or store '' in place of NULL: in SQL, NULL is " +
			"not equal to NULL, also in a unique key."},

	// What is kept of an entry.
	{ID: "method-of-first",
		Text:   "the method is stored with the first entry only, or the planned one is stored in its place",
		Remedy: "Write delivery_method with each entry that wins, from the field of that name."},
	{ID: "one-method-column",
		Text:   "one column holds both methods",
		Remedy: "Keep delivery_method and planned_delivery_method in columns of their own: they may differ."},
	{ID: "time-changed",
		Text:   "the time of arrival is stored, milliseconds are cut, or a time zone is applied",
		Remedy: "Store the entry's own timestamp, in UTC and with its milliseconds."},
	{ID: "text-decoded",
		Text: "text is decoded or stored in less than UTF-8, or JSON is rebuilt from a model that lacks some " +
			"of it",
		Remedy: "Store the content as it is sent: as text, or in a JSON type, in UTF-8 of four bytes (utf8mb4)."},
	{ID: "json-narrow",
		Text: "numbers pass through floating point, or the database's JSON type refuses what JSON allows",
		Remedy: "Read numbers exactly (as text, or as decimals) and store the content as text where the JSON " +
			"type refuses some of it."},
	{ID: "content-shared",
		Text: "a buffer or a template is shared by the entries of a batch",
		Remedy: "Copy each entry's content before the next one is read: nothing of it may be shared between " +
			"entries."},
	{ID: "first-entry-for-all",
		Text: "what holds for the first entry of a batch (its campaign, user or status) is taken to hold for " +
			"all",
		Remedy: "Read each entry's own fields: a batch mixes campaigns, users and statuses."},

	// Retries.
	{ID: "first-read-whole",
		Text:   "what the first read returns is taken for the whole body, or each piece is decoded for itself",
		Remedy: "Read the body to the end of its Content-Length, then decode it once."},
	{ID: "partial-body-processed",
		Text:   "what came of the body is processed, and the retry is taken for a copy",
		Remedy: "Begin nothing before the body is whole, and remember nothing of a request that broke off."},
	{ID: "failed-attempt-remembered",
		Text:   "something of the failed attempt (its connection, its body) is taken for the whole request",
		Remedy: "Keep nothing between attempts: each is a request of its own, also on the same connection."},
	{ID: "batch-known",
		Text:   "batches are recognised as seen by an id, by a part, or by a hash of the whole request",
		Remedy: "Tell copies entry by entry: the same entries come again in other batches."},
	{ID: "request-known-by-entry",
		Text: "the whole request is left out when one of its entries, or the first, is known from another " +
			"request",
		Remedy: "Look at each entry by itself: a known one beside it says nothing of the others."},
	{ID: "request-key-first",
		Text:   "the X-Idempotency-Key is marked as seen before the work has succeeded",
		Remedy: "Remember the X-Idempotency-Key in the transaction that stores the entries, or not at all."},
	{ID: "request-key-conflict",
		Text: "a known X-Idempotency-Key is answered as a conflict",
		Remedy: "Answer 2xx to a request whose X-Idempotency-Key is known: it is the retry of one that was " +
			"stored."},
	{ID: "request-key-alone",
		Text: "only the X-Idempotency-Key tells copies, so that known entries violate a unique key or count as " +
			"new",
		Remedy: "Tell copies by the entries: the same ones may come under another X-Idempotency-Key."},
	{ID: "older-headers-alone",
		Text:   "the secret is looked for under the older spelling alone, or another event type is waited for",
		Remedy: "Read X-CTX-Secret whatever its case, and take the event type message_status."},

	// The secret.
	{ID: "secret-unchecked",
		Text: "the secret is not compared, or only after the work is done",
		Remedy: "Compare the secret before anything is read or written, exactly and in constant time, and answer " +
			"401."},
	{ID: "secret-missing-passes",
		Text:   "a missing header is taken for \"no check configured\"",
		Remedy: "Answer 401 where the header is missing, whether or not a secret is configured."},
	{ID: "secret-empty-passes",
		Text:   "an empty header passes, as if it were missing or a prefix",
		Remedy: "Answer 401 to an empty secret, and refuse to start without one of your own."},
	{ID: "secret-extended-passes",
		Text:   "only as many characters are compared as the secret has",
		Remedy: "Compare the whole header with the whole secret, their lengths too."},
	{ID: "secret-prefix-passes",
		Text:   "only as many characters are compared as the request brings",
		Remedy: "Compare the whole secret, not as much of it as the request brings."},
	{ID: "secret-case",
		Text:   "the secret is compared without regard to case",
		Remedy: "Compare the secret byte by byte: only the header's name has no case."},
	{ID: "secret-header-spelling",
		Text:   "the header is looked up by its exact spelling",
		Remedy: "Look the header up without regard to case, as HTTP asks for."},
	{ID: "secret-after-dedupe",
		Text:   "the body is remembered as seen before the secret is checked",
		Remedy: "Check the secret first: nothing of a request that is refused may be remembered."},

	// Bodies that are no arrays of entries.
	{ID: "malformed-uncaught",
		Text:   "an error of the JSON parser is not caught, or is answered like a failure of the receiver's own",
		Remedy: "Answer 400 to a body that is no JSON array of objects: 5xx asks for a retry that cannot help."},
	{ID: "malformed-harms",
		Text: "a malformed body ends the process, or leaves a connection, lock or transaction behind",
		Remedy: "Catch what the parser throws, and give back connections, locks and transactions whatever " +
			"happens (finally, defer)."},

	// Restarts and outages.
	{ID: "ack-before-store",
		Text: "the answer is sent before the state is on disk",
		Remedy: "Answer 2xx after the transaction is committed and the data is on disk, not when the work is " +
			"queued in memory."},
	{ID: "ack-before-store-or-start",
		Text: "the answer is sent before the state is on disk, or a start forgets or repeats what came before " +
			"it",
		Remedy: "Answer 2xx after the commit, and let a start read what is stored as it is: it must empty, " +
			"replay and migrate nothing away."},
	{ID: "memory-only",
		Text:   "the state, or what is left of a queue, is kept in memory only",
		Remedy: "Keep states on disk, and finish or store what is queued before the process ends on SIGTERM."},
	{ID: "stop-drops",
		Text:   "SIGTERM ends the process while requests are answered, or an exit handler drops a queue",
		Remedy: "On SIGTERM take no new requests, answer those under way, finish the queue, and end then."},
	{ID: "some-acks-early",
		Text: "some of the acknowledgements are sent before the state is on disk, or what a kill interrupts is " +
			"taken for done",
		Remedy: "Answer each request after its own commit, and mark work as done in the transaction that does " +
			"it."},
	{ID: "read-before-kill",
		Text: "what was read of a request before the kill makes its retry look like a copy",
		Remedy: "Remember a request as seen in the transaction that stores it: what a kill interrupts must come " +
			"again as new."},
	{ID: "copies-in-memory",
		Text:   "copies are remembered in memory only, and after a restart they violate a unique key",
		Remedy: "Let the database tell copies (an upsert), not a memory that a restart empties."},
	{ID: "newest-in-memory",
		Text: "what is newer is remembered in memory only, or a cache that is empty after a start is taken for " +
			"the whole truth",
		Remedy: "Compare with what is stored, not with a memory: after a start it is empty, and knows nothing."},
	{ID: "cut-leaves-behind",
		Text: "what a cut connection leaves behind, such as an open transaction or a mark of what was seen, " +
			"makes the retry fail or look like a copy",
		Remedy: "Treat a request that breaks off as one that never came: roll back what it began, remember " +
			"nothing of it, and take it as new when it comes again."},
	{ID: "pieces-taken-for-whole",
		Text: "a request that comes in small pieces is taken for whole too soon, or what is cut off by a " +
			"time-out is half applied",
		Remedy: "Read the whole body, by its Content-Length, before anything is done with it, and do all of it " +
			"again when it comes again."},
	{ID: "database-timeout-swallowed",
		Text: "a time-out of the database is swallowed and the request is acknowledged all the same",
		Remedy: "Answer 5xx where the database does not answer in time: ContextPush sends the batch again. Catch " +
			"no error of the database without that."},
	{ID: "database-error-swallowed",
		Text: "an error of the database is swallowed and the request is acknowledged all the same, or " +
			"connections that broke are not opened again",
		Remedy: "Write a batch in one transaction and answer 2xx only after its commit; whatever goes wrong " +
			"before is answered 5xx. Let the pool replace connections that broke."},
	{ID: "freeze-drops",
		Text: "what a freeze delays is answered but not applied, or a lease, lock or time-out that ran out " +
			"meanwhile drops it",
		Remedy: "What a freeze lets run out, such as a lock, a lease or a time-out, must fail the request, so " +
			"that it comes again: answer 2xx after the commit and at no other time."},
	{ID: "ended-after",
		Text: "the process ended after it had handled the requests",
		Remedy: "The receiver's log tells why it ended. Catch what work in the background may throw, so that the " +
			"process lives."},
	{ID: "ended-during",
		Text: "the process ended while it handled the request",
		Remedy: "The receiver's log tells why it ended. Catch what a single request may throw, and answer it 4xx " +
			"or 5xx, so that the others live."},

	// Dates, ids as apps have them, instances and memories.
	{ID: "wall-clock",
		Text: "timestamps are read, compared or stored as times of a clock on a wall",
		Remedy: "Read and compare timestamps as instants, in UTC: a local clock shows one hour of the year twice " +
			"and skips another."},
	{ID: "day-in-key",
		Text: "the day is part of a key, or of a table's or file's name, so that a late entry does not find " +
			"the state of the day after",
		Remedy: "Leave the day out of the key, and look a message's state up whatever day its entry is of."},
	{ID: "month-in-key",
		Text: "the month is part of a key, or of a table's or file's name, so that a late entry does not find " +
			"the state of the month after",
		Remedy: "Leave the month out of the key, and look a message's state up in the partitions of both months."},
	{ID: "year-in-key",
		Text: "the year is part of a key, or of a table's or file's name, so that a late entry does not find " +
			"the state of the year after",
		Remedy: "Leave the year out of the key: a message that is scheduled in December may be opened in " +
			"January."},
	{ID: "shared-by-requests",
		Text: "requests that overlap share a buffer, a date formatter, or a variable that was meant to be " +
			"local",
		Remedy: "Give each request its own buffers, formatters and variables: let, const or := in place of a " +
			"name that was never declared."},
	{ID: "key-joined",
		Text: "the parts of the key are joined to one text, so that a:b and c are taken for a and b:c",
		Remedy: "Keep campaign_id, user_id and idempotency_key in columns of their own; where they must be one " +
			"text, join them as JSON or with their lengths."},
	{ID: "ids-normalized",
		Text:   "ids are normalised to Unicode's NFC, or the key's column has a collation that does so",
		Remedy: "Compare ids byte by byte, as they are sent, with a binary collation."},
	{ID: "spaces-trimmed",
		Text:   "the key's column, or its type, pads or trims spaces",
		Remedy: "Use a text type and a collation that keep spaces at either end (NO PAD), and trim no id."},
	{ID: "instances-apart",
		Text: "each process decides by what it has seen itself, in its memory, and not by what is stored",
		Remedy: "Decide by what is stored where all processes see it, in the statement that writes; a memory of " +
			"each process's own knows half."},
	{ID: "locked-row-skipped",
		Text: "a row that another request has locked is left out, or attempts to write it end after a few",
		Remedy: "Wait for a lock (no SKIP LOCKED, no NOWAIT), or answer 503 where attempts have run out: " +
			"ContextPush sends the batch again."},
	{ID: "forgotten-after-a-time",
		Text: "what has been seen is remembered for a time, or for so many entries, and after that an old " +
			"entry is taken for a new one",
		Remedy: "Compare with the stored state's timestamp: it does not run out as a memory with a TTL or a size " +
			"does."},
	{ID: "old-taken-for-stale",
		Text: "entries that are older than some minutes or an hour are dropped as stale, or taken for an " +
			"attack",
		Remedy: "Take entries whatever their age: ContextPush retries for two hours, and phones tell late."},
	{ID: "rebuilt-by-arrival",
		Text:   "states are rebuilt at the start from what was stored, in the order of arrival",
		Remedy: "Rebuild states by the entries' timestamps, as they are compared while the receiver runs."},
}
