package scenarios

// ClauseNames are the clauses of the webhook contract, in the contract's order.
// A check names those that it rests on.
var ClauseNames = []string{
	"request", "secret", "batch", "entry", "device-token", "status", "method", "planned-method", "timestamp", "content",
	"pending", "delivered", "opened", "cancelled", "failed",
	"identity", "key-reuse", "at-least-once", "gaps", "order", "retry",
}
