#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kontena/api/stats.h"
#include "kontena/codec/fields.h"
#include "kontena/model/assignment.h"
#include "kontena/model/view.h"

// Bodies of requests and answers where they are not a model struct. Times are in
// milliseconds since 1970, UTC. Fields<> of each is in api/message_fields.h.
namespace kontena::api {

inline constexpr std::int64_t longest_wait_ms = 30'000;  // of a long poll

struct Hello {  // GET health
  std::string product;  // "kontena"
  std::string version;
  std::int64_t time_ms = 0;  // the server's clock
  std::int64_t problems = 0; // of the server itself; GET problems says which
};

// What is wrong with the server, and not with what it runs.
struct Problem {
  std::string key;   // of a damaged record; "" where it is something else
  std::string what;
  std::string hint;
};
struct ProblemList { std::vector<Problem> problems; };

struct AuthorityAnswer { std::string certificate_pem; };  // GET ca

struct ErrorBody {
  std::string code;
  std::string message;
  std::string hint;
  std::string request;  // id, to find it in the server's log and audit
};
struct ErrorAnswer { ErrorBody error; };

struct Who {
  std::string kind;  // "administrator", "node", "nobody"
  std::string id;
  std::string name;
  std::string grid;
};

// ---- grids, nodes, tokens

struct GridSummary {
  std::string name;
  std::string pool;  // of addresses
  std::int64_t nodes = 0;
  std::int64_t nodes_ready = 0;
  std::int64_t stacks = 0;
  std::int64_t instances = 0;
  std::int64_t created_ms = 0;
  std::int64_t stats_interval_ms = 0;
};
struct GridSettings {  // POST settings: what is absent stays
  std::optional<std::int64_t> lost_after_ms;  // 0 = the server's setting
  std::optional<std::string> pool;            // "" = the usual; only where the grid has no network
  std::optional<std::int64_t> stats_interval_ms;  // 0 = the usual
};

// What `grid rebalance` moves, or would: one after the other, start-first.
struct Move {
  std::string instance;  // id
  std::string stack;     // project/stack, the project left out where it is `default`
  std::string service;
  std::int64_t slot = 0;
  std::string from;      // node names
  std::string to;        // where it would go now
};
struct Rebalance { std::vector<Move> moves; };

struct GridList { std::vector<GridSummary> grids; };

struct NodeSummary {
  std::string id;
  std::string name;
  std::string state;         // NodeState
  std::string availability;
  model::StringMap labels;
  model::NodeFacts facts;
  std::int64_t instances = 0;
  std::int64_t memory_reserved = 0;
  std::int64_t nano_cpus_reserved = 0;
  std::int64_t last_heard_ms = 0;  // 0 = not since the server started
  std::int64_t created_ms = 0;
  std::optional<StatsPoint> use;   // the newest of the last minutes, where there is any
};

// What a change of availability, or a removal, finds on the node.
struct NodeChange {
  NodeSummary node;
  std::vector<std::string> leaving;  // "shop/web-1": will be replaced elsewhere
  std::vector<std::string> staying;  // "shop/db-1: its volume 'shop.data' lives here"
};

struct NodeList { std::vector<NodeSummary> nodes; };

struct LabelChange {
  model::StringMap set;
  std::vector<std::string> remove;
};

struct TokenRequest {  // POST tokens
  std::string kind = "join";  // or "access": for a program to be its owner
  std::string description;
  std::string grid;
  model::StringMap labels;
  std::int64_t uses = -1;
  std::int64_t lifetime_ms = 0;  // 0 = never expires
  std::string owner;               // of an access token; "" = who asks
  std::string scope;               // only there; "" = all that the owner reaches
  std::vector<std::string> verbs;  // only these; none = all that the owner may
};
struct TokenSummary {
  std::string id;
  std::string kind;
  std::string description;
  std::string grid;
  model::StringMap labels;
  std::int64_t uses_left = -1;
  std::int64_t expires_ms = 0;
  std::int64_t created_ms = 0;
  std::string created_by;
  std::string owner;  // from here on of the kinds access and session
  std::string scope;
  std::vector<std::string> verbs;
  std::string from;  // of a session: the address of the login
  std::int64_t used_ms = 0;
  std::string used_from;
};
struct TokenList { std::vector<TokenSummary> tokens; };
struct TokenAnswer {
  TokenSummary token;
  std::string text;  // shown this once
};

// ---- stacks and what runs

struct DeployRequest {
  model::StackSpec spec;
  std::int64_t expected_revision = -1;  // of the stack; -1 = any, 0 = must be new
};
struct SecretAnswer { std::string digest; };  // keyed: "sha256:…", as FileSpec::digest

struct DeployAnswer {
  model::Deployment deployment;
  std::vector<std::string> created;    // services
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  std::vector<std::string> unchanged;
  std::vector<std::string> warnings;   // for people
};

struct ServiceSummary {
  std::string project;
  std::string stack;
  std::string name;
  std::string image;
  std::string mode;
  std::int64_t wanted = 0;   // instances
  std::int64_t running = 0;  // of the newest revision
  std::int64_t healthy = 0;
  std::int64_t revision = 0;
  std::string state;   // "running", "updating", "waiting", "completed", "stopped", "failed", "removing"
  std::string reason;  // why it is not running
  std::vector<model::PublishedPort> ports;
};
struct ServiceList { std::vector<ServiceSummary> services; };

struct StackSummary {
  std::string project;
  std::string name;
  std::int64_t revision = 0;
  std::string state;  // "running", "updating", "degraded", "stopped", "removing", "damaged"
  std::int64_t services = 0;
  std::int64_t instances = 0;
  std::int64_t running = 0;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
};
struct StackList { std::vector<StackSummary> stacks; };

struct StackDetail {
  StackSummary summary;
  std::vector<ServiceSummary> services;
  std::map<std::string, model::NetworkSpec> networks;
  std::vector<model::Volume> volumes;
  std::optional<model::Deployment> deployment;  // the newest
  std::vector<std::string> notes;               // "record 'services/…' is damaged: …"
};

struct InstanceSummary {
  std::string id;
  std::string project;
  std::string stack;
  std::string service;
  std::int64_t slot = 0;
  std::string node;       // name; "" = not placed
  std::string node_state;
  std::string address;    // of the node: where its published ports answer
  std::string desired;
  std::int64_t instance_revision = 0;
  bool outdated = false;  // made from an older revision than the newest
  model::InstanceStatus status;
  std::string why_not;    // why it has no node, or is held on one that is lost or drained; with the way out
  std::int64_t created_ms = 0;
};
struct InstanceList {
  std::int64_t revision = 0;  // for ?after=
  std::vector<InstanceSummary> instances;
};

struct ServiceDetail {
  ServiceSummary summary;
  model::ServiceSpec spec;
  std::vector<InstanceSummary> instances;
  std::optional<StatsPoint> use;  // of all of them together; at_ms: of the newest
};

struct ScaleRequest { std::int64_t replicas = 0; };

struct DeploymentDetail {
  std::int64_t revision = 0;  // for ?after=
  model::Deployment deployment;
  std::vector<ServiceSummary> services;
  std::vector<InstanceSummary> instances;
};

struct DeploymentList { std::vector<model::Deployment> deployments; };  // newest first

struct HistoryEntry {
  std::int64_t revision = 0;
  std::string action;
  std::string by;
  std::int64_t created_ms = 0;
  std::vector<std::string> services;  // "web: web:2 x 3"
};
struct History { std::vector<HistoryEntry> revisions; };  // newest first

// ---- agent

struct JoinRequest {  // Authorization: Bearer JOIN-TOKEN
  std::string name;
  model::StringMap labels;
  std::string csr_pem;
  std::string version;
};
// GET agent_join with a join token, which it does not use up: what a node would join.
struct JoinTerms {
  std::string grid;
  std::string pool;
};
struct JoinAnswer {
  std::string node;  // id
  std::string grid;
  std::string name;
  std::string certificate_pem;
};

struct RenewRequest { std::string csr_pem; };
struct RenewAnswer { std::string certificate_pem; };

struct BeatAnswer {
  std::int64_t time_ms = 0;
  std::int64_t lost_after_ms = 0;  // of its grid: when it will be called lost
  std::int64_t certificate_lifetime_ms = 0;  // what a certificate made now would have: no older one should have more
  std::optional<model::Strings> ask;  // what it is asked about; absent: what its facts answer
  std::int64_t stats_interval_ms = 0;  // how often it tells what is used
  bool tell_facts = false;  // its facts are to be told anew: it is seen at another address than they have
};

// Everything the node is to have, or what changed since `after`.
struct AssignmentsAnswer {
  std::int64_t revision = 0;
  bool complete = false;  // true: `instances` is all there is; false: changes since ?after=
  std::vector<model::Assignment> instances;
  std::vector<std::string> forgotten;  // ids of instances the server no longer knows
  std::vector<std::string> networks_unused;  // engine names: of removed stacks, to remove if unused
  std::vector<std::string> volumes_unused;   // likewise, where the user asked for it
  std::vector<std::string> unreadable;       // ids of instances whose records are damaged: to be left as they are
};

struct StatusReport {
  std::string id;  // InstanceId
  model::InstanceStatus status;
};
struct StatusRequest {
  std::vector<StatusReport> instances;
  std::string run;          // of the agent, a fresh id at each start; "" = not numbered
  std::int64_t number = 0;  // grows with each request of the run: one that comes late is refused
};
struct StatusAnswer { std::vector<std::string> unknown; };  // ids that are not this node's

// A stream that a client waits for: the agent opens agent_stream and sends it.
struct StreamWanted {
  std::string stream;
  std::string kind;  // "logs", "build"
  std::string order;  // of a build: a BuildOrder, as JSON; then nothing of what follows counts
  std::string instance;
  bool follow = false;
  std::int64_t tail = -1;
  std::int64_t since_ms = 0;
};

// A question for the node's agent, which answers it by agent_ask. `kind` says which one,
// and what is in `body`; see api/probe.h.
struct Ask {
  std::string ask;   // id
  std::string kind;  // "network"
  std::string body;  // JSON
  std::int64_t patience_ms = 0;  // so long the answer is waited for
};
struct AskAnswer {
  std::string body;  // JSON
  std::optional<ErrorBody> error;  // instead
};

struct StreamList {
  std::vector<StreamWanted> streams;
  std::vector<Ask> asks;
};

// One line of a log stream, as the agent sends it and as `logs` gets it: JSON
// Lines. A line with neither text nor error is a beat, every 2 s.
struct LogRecord {
  std::string instance;
  std::string stack;    // filled in by the server
  std::string service;  // likewise
  std::int64_t slot = 0;
  std::string node;     // likewise: name
  std::string time;     // RFC 3339, nanoseconds
  std::string stream;   // "stdout", "stderr"; "" = a beat
  std::string text;
  std::string error;    // this instance's log ends here, and why
};

}  // namespace kontena::api
