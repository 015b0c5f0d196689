#pragma once

#include <string>

#include "kontena/base/synced.h"
#include "kontena/http/server.h"
#include "routes.h"

namespace kontena::server {

// Every request comes through here: who is it, may they, what do they get; and
// for a write, commit with its audit record. Safe from any thread.
class Dispatch {
 public:
  explicit Dispatch(Context& context);

  http::Response handle(http::Request&);
  std::optional<std::size_t> body_limit(const http::Request&) const;  // for http::ServerOptions

  void stop() { stopped_ = true; }  // parked requests answer at their next wake

 private:
  Result<http::Response> answer(http::Request&, const Route&, Call&);
  Result<Reply> read(Read, Call&);
  Result<Reply> write(Write, const Route&, Call&);
  Status identify(const http::Request&, const Route&, const model::ClusterView&, Call&) const;
  Status identify_node(const http::Peer&, const Route&, const model::ClusterView&, Call&) const;

  // Of writers that all rest on the same record, as many joins by one token do, one
  // could lose to the others for ever: after a few tries it has a turn of its own.
  class Turn;

  Context& context_;
  Synced<bool> turn_taken_;
  http::Router router_;
  std::atomic<bool> stopped_ = false;
};

// The tail of the record's key: sorts by time, and is unique by the request's id.
std::string audit_tail(const model::AuditRecord&);

http::Response error_response(const Error&, const std::string& request);

}  // namespace kontena::server
