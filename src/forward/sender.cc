#include "kontena/forward/sender.h"

#include "encode.h"
#include "kontena/base/random.h"
#include "kontena/codec/json.h"

namespace kontena::forward {
namespace {

constexpr Duration patience{10'000};  // with one step of a batch
constexpr std::size_t largest_reply = 4'096;

Result<std::string> authorities(const Target& target, const Seams& seams) {
  if (!target.tls) return std::string();
  if (!target.ca_pem.empty()) return target.ca_pem;
  return seams.authorities();
}

// What syslog and Fluentd have in common: one connection, made anew after a failure.
class OverWire : public Sender {
 public:
  OverWire(Target target, Seams seams) : target_(std::move(target)), seams_(std::move(seams)) {}

  Status send(std::span<const Record> records) final {
    if (records.empty()) return Done{};
    auto done = try_once(records);
    if (!done) wire_.reset();
    return done;
  }

 protected:
  virtual Status exchange(http::Wire&, std::span<const Record>) = 0;
  const Target& target() const { return target_; }

 private:
  Status try_once(std::span<const Record> records) {
    if (!wire_) {
      KTN_TRY(auto trusted, authorities(target_, seams_));
      KTN_TRY(wire_, seams_.dial({target_.host, target_.port, target_.tls, std::move(trusted)}));
    }
    return exchange(*wire_, records);
  }

  const Target target_;
  const Seams seams_;
  std::unique_ptr<http::Wire> wire_;
};

class Syslog final : public OverWire {
 public:
  using OverWire::OverWire;

 private:
  Status exchange(http::Wire& wire, std::span<const Record> records) override {
    std::string bytes;
    for (const Record& record : records) add_syslog(bytes, record);
    // A connection that the other side closed while nothing was sent takes what is written once more, and says nothing.
    KTN_OK(wire.settle(patience));
    KTN_OK(wire.write(bytes, patience));
    return wire.settle(patience);
  }
};

class Fluentd final : public OverWire {
 public:
  using OverWire::OverWire;

 private:
  Status exchange(http::Wire& wire, std::span<const Record> records) override {
    SystemIds ids;
    const std::string chunk = ids.id() + ids.id();
    KTN_OK(wire.write(fluentd_message(std::string_view(target().path).substr(1), records, chunk), patience));
    std::string reply;
    while (!is_ack(reply, chunk)) {
      if (reply.size() > largest_reply) return Error{Code::unavailable, text(target()) + " answers something else than an acknowledgement"};
      KTN_TRY(const auto more, wire.read(largest_reply, patience));
      reply += more;
    }
    return Done{};
  }
};

class Otlp final : public Sender {
 public:
  Otlp(Target target, Seams seams) : target_(std::move(target)), seams_(std::move(seams)) {}

  Status send(std::span<const Record> records) override {
    if (records.empty()) return Done{};
    if (!client_) {
      KTN_TRY(auto trusted, authorities(target_, seams_));
      const std::string host = target_.host.find(':') == std::string::npos ? target_.host : '[' + target_.host + ']';
      client_ = seams_.connect({.url = (target_.tls ? "https://" : "http://") + host + ':' + std::to_string(target_.port),
                                .ca_pem = std::move(trusted),
                                .clear = !target_.tls,
                                .largest_body = 64u << 10});
    }
    http::Request request{.method = http::Method::post, .path = target_.path, .body = otlp_body(records)};
    request.headers.insert(target_.headers.begin(), target_.headers.end());
    KTN_TRY(const auto response, client_->send(request, patience));
    const std::string said = text(target_) + " answered with status " + std::to_string(response.status);
    if (response.status / 100 == 2) return taken(response.body);
    // "Retryable": https://opentelemetry.io/docs/specs/otlp/#failures-1. Of the others 401, 403 and 404 tell of a place or a
    // right that somebody may yet mend; the rest of these records.
    switch (response.status) {
      case 400: case 413: case 422: return Error{Code::invalid_argument, said};
      default: return Error{Code::unavailable, said};
    }
  }

 private:
  // Some may have been refused, for good: then they are not to be sent again.
  Status taken(const std::string& body) const {
    const auto document = codec::Document::parse(body.empty() ? "{}" : body);
    if (!document) return Done{};
    const auto part = codec::find(document->root(), "partialSuccess");
    if (!part) return Done{};
    // A number of 64 bits, so a text by the rules of protobuf's JSON; some write it as a number.
    const std::string refused = codec::string_at(*part, {"rejectedLogRecords"});
    if ((refused.empty() || refused == "0") && codec::integer_at(*part, {"rejectedLogRecords"}) == 0) return Done{};
    return Error{Code::invalid_argument, text(target_) + " refused some lines: " + codec::string_at(*part, {"errorMessage"}).substr(0, 200)};
  }

  const Target target_;
  const Seams seams_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace

std::unique_ptr<Sender> open(const Target& target, Seams seams) {
  switch (target.protocol) {
    case Protocol::syslog: return std::make_unique<Syslog>(target, std::move(seams));
    case Protocol::fluentd: return std::make_unique<Fluentd>(target, std::move(seams));
    case Protocol::otlp: return std::make_unique<Otlp>(target, std::move(seams));
  }
  return nullptr;
}

}  // namespace kontena::forward
