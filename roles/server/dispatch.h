#pragma once

#include <string>

#include "kontena/base/synced.h"
#include "kontena/http/server.h"
#include "audit.h"
#include "crowd.h"
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
  Result<http::Response> serve_seated(http::Request&, const Route&, const View&, Call&);
  Result<http::Response> serve(http::Request&, const Route&, const View&, Call&);
  Result<Reply> read(Read, const Route&, Call&);
  Result<Reply> write(Write, const Route&, Call&);

  // Of writers that all rest on the same record, as many joins by one token do, one
  // could lose to the others for ever: after a few tries it has a turn of its own.
  class Turn;

  Context& context_;
  TokenAddresses addresses_;
  Crowd crowd_;
  Synced<bool> turn_taken_;
  http::Router router_;
  std::atomic<bool> stopped_ = false;
};

http::Response error_response(const Error&, const std::string& request);

}  // namespace kontena::server
