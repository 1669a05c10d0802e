package explain

// causes are all that is known of what receivers do wrong. A check of the
// catalogue names the likeliest of them by its ID.
var causes = []Cause{
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
