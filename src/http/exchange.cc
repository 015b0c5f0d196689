#include "exchange.h"

#include <array>
#include <ctime>

#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::http {
namespace {

constexpr std::size_t default_body_limit = 1u << 20;

// Of RFC 9110; tells a client whose clock is wrong.
std::string date_text() {
  const std::time_t now = static_cast<std::time_t>(to_ms(SystemClock().now()) / 1000);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

Error why(Connection::Failure failure, Duration limit) {
  switch (failure) {
    case Connection::Failure::slow:
      return {Code::deadline_exceeded, "the body stopped coming for " + text::human_duration(limit)};
    case Connection::Failure::stopping:
      return {Code::unavailable, "the server is stopping"};
    case Connection::Failure::gone:
      return {Code::unavailable, "the sender of the body has gone"};
    case Connection::Failure::none:
      break;
  }
  return {Code::invalid_argument, "the body of the request is broken"};
}

// What a handler gets in place of a body in memory.
class BodyUpload final : public Upload {
 public:
  BodyUpload(const httplib::ContentReader* reader, Connection& connection, Duration quiet)
      : reader_(reader), connection_(connection), quiet_(quiet), ended_(reader == nullptr) {}

  bool ended() const { return ended_; }

  Status read(const std::function<bool(std::string_view)>& sink) override {
    if (ended_) return Done{};
    if (begun_) return Error{Code::failed_precondition, "the body is read once"};
    begun_ = true;
    bool enough = false;
    connection_.pace_reads(quiet_, false);
    ended_ = (*reader_)([&](const char* bytes, std::size_t size) {
      enough = !sink({bytes, size});
      return !enough;
    });
    if (ended_ || enough) return Done{};
    return why(connection_.failure(), quiet_);
  }

 private:
  const httplib::ContentReader* reader_;
  Connection& connection_;
  const Duration quiet_;
  bool begun_ = false;
  bool ended_;
};

class StreamWriter final : public Writer {
 public:
  StreamWriter(Connection& connection, httplib::DataSink& sink) : connection_(connection), sink_(sink) {}

  bool broken() const { return broken_; }

  bool write(std::string_view bytes) override {
    broken_ = broken_ || connection_.stopping() || connection_.peer_has_left();
    if (!broken_ && !bytes.empty()) broken_ = !sink_.write(bytes.data(), bytes.size()) || !connection_.flush();
    return !broken_;
  }

 private:
  Connection& connection_;
  httplib::DataSink& sink_;
  bool broken_ = false;
};

// Anything a handler or its stream may throw is ours to log and nobody's to see.
template <class Call>
bool guarded(std::string_view path, Call&& call) {
  try {
    call();
    return true;
  } catch (const std::exception& e) {
    log::error("a request failed", {{"path", path}, {"reason", e.what()}});
  } catch (...) {
    log::error("a request failed", {{"path", path}, {"reason", "unknown"}});
  }
  return false;
}

Response internal_error() {
  return error_response({Code::internal, "something went wrong in the server; its log says what"});
}

}  // namespace

Exchange::Exchange(const ServerOptions& options, const Handler& handler, Connection& connection, const Peer& peer,
                   std::variant<Head, Refusal> head)
    : options_(options), handler_(handler), connection_(connection), head_(std::move(head)) {
  if (auto* read = std::get_if<Head>(&head_)) {
    read->request.peer = peer;
    keep_alive_ = read->keep_alive;
    unread_ = read->has_body();
  } else {
    unread_ = true;  // whatever follows: we could not tell where this request ends
  }
}

// The path, the query and all headers stay here: httplib would percent-decode the
// headers, unpack and take apart bodies by them, serve ranges, and run regular
// expressions over them.
std::string Exchange::head_for_httplib() const {
  const auto* head = std::get_if<Head>(&head_);
  if (head && head->chunked) return "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (head && head->length > 0)
    return "POST /x HTTP/1.1\r\nContent-Length: " + std::to_string(head->length) + "\r\n\r\n";
  return head && head->request.method == Method::head ? "HEAD /x HTTP/1.1\r\n\r\n" : "GET /x HTTP/1.1\r\n\r\n";
}

void Exchange::answer(httplib::Response& to, const httplib::ContentReader* reader) {
  connection_.pace_writes(options_.read_timeout, false);
  Response response;
  const auto* head = std::get_if<Head>(&head_);
  if (!guarded(head ? head->request.path : "", [&] { response = respond(reader); })) response = internal_error();
  fill(to, std::move(response));
}

Response Exchange::respond(const httplib::ContentReader* reader) {
  if (const auto* refusal = std::get_if<Refusal>(&head_)) {
    Response response = error_response(refusal->status, refusal->error);
    if (refusal->status == 405) response.headers["Allow"] = "GET, HEAD, PUT, POST, DELETE";
    return response;
  }
  Head& head = std::get<Head>(head_);
  const auto limit = options_.body_limit ? options_.body_limit(head.request) : std::optional(default_body_limit);
  if (limit && head.length > *limit)
    return error_response(
        413, {Code::exhausted, "the body is larger than " + text::human_bytes(static_cast<std::int64_t>(*limit))});
  if (head.expects_continue && reader) {
    connection_.write("HTTP/1.1 100 Continue\r\n\r\n", 25);
    connection_.flush();
  }
  if (!limit) {
    BodyUpload upload(reader, connection_, options_.read_timeout);
    head.request.upload = &upload;
    Response response = call_handler();
    head.request.upload = nullptr;
    unread_ = !upload.ended();
    return response;
  }
  if (reader)
    if (auto refused = read_body(*limit, reader)) return *std::move(refused);
  unread_ = false;
  return call_handler();
}

std::optional<Response> Exchange::read_body(std::size_t limit, const httplib::ContentReader* reader) {
  std::string& body = std::get<Head>(head_).request.body;
  bool too_large = false;
  connection_.pace_reads(options_.read_timeout, true);
  const bool whole = (*reader)([&](const char* bytes, std::size_t size) {
    too_large = size > limit - body.size();
    if (!too_large) body.append(bytes, size);
    return !too_large;
  });
  if (whole) return std::nullopt;
  if (too_large)
    return error_response(
        413, {Code::exhausted, "the body is larger than " + text::human_bytes(static_cast<std::int64_t>(limit))});
  const Error error = why(connection_.failure(), options_.read_timeout);
  return error_response(connection_.failure() == Connection::Failure::slow ? 408 : http_status(error.code), error);
}

Response Exchange::call_handler() {
  Request& request = std::get<Head>(head_).request;
  Response response;
  return guarded(request.path, [&] { response = handler_(request); }) ? std::move(response) : internal_error();
}

void Exchange::fill(httplib::Response& to, Response response) {
  to.status = response.status;
  for (const auto& [name, value] : response.headers)
    if (const std::string lower = text::lower(name);
        lower != "connection" && lower != "content-length" && lower != "content-type" && lower != "transfer-encoding")
      to.set_header(name, value);
  to.set_header("Date", date_text());
  keep_alive_ = keep_alive_ && !unread_ && !connection_.stopping();
  if (!keep_alive_) to.set_header("Connection", "close");
  if (!response.stream) {
    if (!response.body.empty()) to.set_content(std::move(response.body), response.content_type);
    return;
  }
  auto provide = [this, stream = std::move(response.stream)](std::size_t, httplib::DataSink& sink) {
    return write_stream(stream, sink);
  };
  const auto* head = std::get_if<Head>(&head_);
  if (head && head->old)
    to.set_content_provider(response.content_type, std::move(provide));
  else
    to.set_chunked_content_provider(response.content_type, std::move(provide));
}

bool Exchange::write_stream(const std::function<void(Writer&)>& stream, httplib::DataSink& sink) {
  connection_.pace_writes(options_.read_timeout, true);
  if (!connection_.flush()) return false;  // the head
  StreamWriter writer(connection_, sink);
  if (!guarded(std::get<Head>(head_).request.path, [&] { stream(writer); }) || writer.broken()) return false;
  sink.done();
  return true;
}

}  // namespace kontena::http
