#include "renew.h"

#include <algorithm>

#include "exits.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_wait = std::chrono::hours(1);  // clocks are set, and machines sleep

}  // namespace

Papers papers_in(const std::string& state_dir, const Identity& identity) {
  const std::string name = identity.grid + '/' + identity.node;
  return {.certificate_pem = identity.certificate_pem,
          .request = [state_dir, name] { return next_request(state_dir, name); },
          .keep = [state_dir](const std::string& certificate_pem, const Redacted& key_pem) {
            return keep_certificate(state_dir, certificate_pem, key_pem);
          }};
}

Renew::Renew(const Context& context, Uplink& uplink, Papers papers)
    : context_(context),
      uplink_(uplink),
      papers_(std::move(papers)),
      jitter_(papers_.certificate_pem.empty() ? 0 : static_cast<double>(context.ids.number() % 1000) / 1000) {}

Time Renew::due(Duration lifetime) const {
  const auto facts = pki::read_certificate(papers_.certificate_pem);
  if (!facts) return Time{};
  const Time earliest = pki::renewal_due(*facts, lifetime);
  const double spread = static_cast<double>((earliest - facts->made).count()) * 0.15 * jitter_;
  return earliest + Duration(static_cast<std::int64_t>(spread));
}

void Renew::step() {
  const auto [lifetime, told] =
      context_.state.with([](const State& s) { return std::pair(s.certificate_lifetime, s.renew); });
  const Duration left = due(lifetime) - context_.clock.now();
  if (left > Duration(0) && !told) {
    context_.state.wait(std::min(left, longest_wait), [lifetime = lifetime](const State& s) {
      return s.stopping || s.renew || s.certificate_lifetime != lifetime;
    });
    return;
  }
  const Status done = try_once();
  if (done) {
    failures_ = 0;
    context_.state.change([](State& s) { s.renew = false; });
    return;
  }
  if (failures_++ == 0)
    log::warn("this node's certificate cannot be renewed yet, trying on", {{"reason", done.error().message}});
  const Duration delay{std::min<std::int64_t>(600'000, std::int64_t{500} << std::min(failures_, 11))};
  // The server's first word after an absence is worth another try at once.
  const auto epoch = context_.state.with([](const State& s) { return s.server_epoch; });
  context_.state.wait(delay, [epoch](const State& s) { return s.stopping || s.server_epoch != epoch; });
}

Status Renew::try_once() {
  KTN_TRY(const pki::Request request, papers_.request());
  KTN_TRY(const auto answer, api::call<api::RenewAnswer>(uplink_.server(), http::Method::post,
                                                         std::string(api::paths::agent_renew),
                                                         api::RenewRequest{request.csr_pem}));
  if (!pki::belong_together({answer.certificate_pem, request.key_pem}))
    return Error{Code::unavailable, "the server's answer is no certificate for our key"};
  // Not shown before it is kept: the server takes the one before only until this one
  // is used for a renewal.
  KTN_OK(papers_.keep(answer.certificate_pem, request.key_pem));
  papers_.certificate_pem = answer.certificate_pem;
  uplink_.use_certificate(answer.certificate_pem, request.key_pem);
  const auto lifetime = context_.state.with([](const State& s) { return s.certificate_lifetime; });
  log::info("renewed this node's certificate", {{"next", text::rfc3339(due(lifetime))}});
  return Done{};
}

}  // namespace kontena::agent
