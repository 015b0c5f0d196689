#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kontena/access/permission.h"
#include "kontena/base/random.h"
#include "kontena/blobs/blobs.h"
#include "kontena/codec/json.h"
#include "kontena/http/router.h"
#include "kontena/pki/authority.h"
#include "ask_hub.h"
#include "build_hub.h"
#include "channel_hub.h"
#include "liveness.h"
#include "log_hub.h"
#include "logins.h"
#include "refusals.h"
#include "reports.h"
#include "restores.h"
#include "sso.h"
#include "token_use.h"
#include "vault.h"
#include "views.h"
#include "webhooks.h"

namespace kontena::server {

class ForwardTroubles;
class LogKeeper;
class Use;

// What handlers may use besides the view. Made in server.cc; outlives all calls.
struct Context {
  const Clock& clock;
  IdSource& ids;
  store::Store& store;
  Views& views;
  Liveness& liveness;
  LogHub& logs;
  AskHub& asks;
  BuildHub& builds;
  ChannelHub& channels;
  const pki::Authority& authority;
  Reports& reports;
  blobs::Blobs& blobs;
  const Vault& vault;
  Refusals& refusals;
  Logins& logins;
  TokenUse& uses;
  Sso& sso;
  Webhooks& webhooks;
  std::string data_dir = {};  // where the files are that a backup takes along; "" = none
  Duration certificate_lifetime = std::chrono::hours(24 * 90);  // of nodes' certificates
  Restores restores = {};     // what this server's store was restored from
  std::size_t keep_revisions = 10;  // of a stack's history
  std::int64_t largest_blob = 64 << 20;
  std::int64_t largest_image_part = std::int64_t{8} << 30;
  LogKeeper* log_keeper = nullptr;
  Use* use = nullptr;
  ForwardTroubles* forward_troubles = nullptr;
};

// One request, as handlers see it.
struct Call {
  access::Principal who;
  std::string certificate;              // a node's: SHA-256 of the one it has shown, hex
  std::int64_t certificate_ends_ms = 0;  // of that one; 0 = not known
  std::string secret_digest;            // a user's: of the secret of the token they have shown
  const model::Token* token = nullptr;  // the join token shown, checked; only for the join
  std::string from;                     // address
  std::string request;                  // id
  Time now{};
  http::PathParameters path;
  http::Query query;
  std::string body;
  // What a Slow handler found out before: who has proved that they are it, by what is kept of
  // their password or invitation; what is to be kept from now on; and whom it was about, for the
  // audit of what is refused.
  std::string proven;
  std::string proof;
  std::string fresh;
  std::string about;
  bool node_removed = false;  // a node asks that people removed
  bool last = false;  // of a long poll: its time is up, answer with what there is

  // For handlers of lists: whether this, which lies at or below the path's place, may be shown.
  bool may(access::Verb verb, const access::Scope& place) const { return who.may(verb, place); }
  std::string at(std::string_view name) const { return path.find(name)->second; }
  std::string ask(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
};

struct Reply {
  int status = 200;
  std::string body;
};

// Nothing new yet: call again on a change under one of these prefixes, or with
// `last` set when the longest wait is over.
struct Park {
  std::vector<std::string> prefixes;
};

using Answer = std::variant<Reply, Park>;

// What a write does, and says. The audit record is added by the dispatcher.
struct Change {
  store::Commit commit;
  Reply reply;
  std::string resource;  // what it was about, for the audit: "default/default/shop"
  // Whose trail the record is in, where the path does not say: who may read that of the place.
  std::optional<access::Scope> place = {};
  bool acts = false;  // it does something that is in no record: it is audited though it writes nothing
};

// A handler decides and touches nothing: the dispatcher checks the permission,
// commits a Change together with its audit record, calls again on conflict, and
// waits for those that Park. Live handlers are for what lives in memory only, and
// for what is too large for it: beats and streams. An audited one is called once the
// record of it is durable.
using Read = Result<Answer> (*)(const Context&, const model::ClusterView&, const Call&);
using Write = Result<Change> (*)(const Context&, const model::ClusterView&, const Call&);
// Work that takes long and changes nothing is done first, once; the Write may be tried often.
struct Slow {
  Status (*before)(Context&, const View&, Call&);
  Write then;
};
using Live = Result<http::Response> (*)(Context&, const View&, const Call&, http::Upload*);

struct Body {  // how much of one a route takes
  std::size_t most = 0;
  bool streamed = false;
};
inline constexpr Body no_body{};
inline constexpr Body small_body{64u << 10, false};
inline constexpr Body secret_body{512u << 10, false};
inline constexpr Body large_body{8u << 20, false};
inline constexpr Body streamed_body{0, true};

// No column has a default: a route cannot be written without saying who may call
// it and under what name it is audited.
struct Route {
  http::Method method;
  std::string_view path;
  access::Permission permission;
  std::string_view audit;  // "" for what people do not do, and for reads of nothing secret
  Body body;
  std::variant<Read, Write, Live, Slow> handler;
};

std::span<const Route> routes();

// ---- what handlers are written with

template <class T>
Reply json(const T& value, int status = 200) {
  return {status, codec::to_json(value)};
}

template <class T>
Result<Answer> answer(const T& value) {
  return Answer(json(value));
}

template <class T>
Result<T> body_of(const Call& call) {
  auto body = codec::from_json<T>(call.body);
  if (!body) return Error{Code::invalid_argument, "the request's body: " + body.error().message};
  return body;
}

}  // namespace kontena::server
