#pragma once

#include <httplib.h>

#include <variant>

#include "connection.h"
#include "head.h"
#include "kontena/http/server.h"

namespace kontena::http {

// One request and its answer. httplib decodes the body and writes the answer; of
// the head it sees only what it needs for that.
class Exchange {
 public:
  Exchange(const ServerOptions&, const Handler&, Connection&, const Peer&, std::variant<Head, Refusal>);

  std::string head_for_httplib() const;
  // Called by httplib; the reader is there where the request has a body.
  void answer(httplib::Response&, const httplib::ContentReader*);

  bool keep_alive() const { return keep_alive_; }  // another request may follow
  bool unread() const { return unread_; }          // some of the body has been left

 private:
  Response respond(const httplib::ContentReader*);
  std::optional<Response> read_body(std::size_t limit, const httplib::ContentReader*);
  Response call_handler();
  void fill(httplib::Response&, Response);
  bool write_stream(const std::function<void(Writer&)>&, httplib::DataSink&);

  const ServerOptions& options_;
  const Handler& handler_;
  Connection& connection_;
  std::variant<Head, Refusal> head_;
  bool keep_alive_ = false;
  bool unread_ = false;
};

}  // namespace kontena::http
