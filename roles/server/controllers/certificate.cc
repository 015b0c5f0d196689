#include "certificate.h"

#include <algorithm>

#include "../bootstrap.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

// Looks often, for clocks are set and machines sleep.
Duration pace_of(Duration lifetime) { return std::clamp<Duration>(lifetime / 30, Duration(100), Duration(60'000)); }

}  // namespace

OwnCertificate::OwnCertificate(Needs needs, const pki::KeyPair& present)
    : needs_(std::move(needs)), loop_("certificate", pace_of(needs_.lifetime), [this] { step(); }) {
  note(present);
}

void OwnCertificate::note(const pki::KeyPair& pair) {
  const auto facts = pki::read_certificate(pair.certificate_pem);
  begins_ = facts ? facts->not_before : Time{};
  due_ = facts ? pki::renewal_due(*facts, needs_.lifetime) : Time{};
}

void OwnCertificate::step() {
  const Time now = needs_.clock.now();
  // Before its begin it is worth nothing either: the clock was set back.
  if (now < due_ && now >= begins_) return;
  const auto fresh = needs_.authority.issue_server(needs_.names(), now, needs_.lifetime);
  if (!fresh) {
    log::error("the server's certificate cannot be renewed", {{"reason", fresh.error().message}});
    due_ = now + pace_of(needs_.lifetime);
    return;
  }
  // One that cannot be kept is shown all the same: the next start makes another.
  if (const Status saved = save_certificate(needs_.data_dir, *fresh); !saved)
    log::warn("the server's new certificate cannot be kept", {{"reason", saved.error().message}});
  if (const Status shown = needs_.show(*fresh); !shown) {
    log::error("the server's new certificate cannot be shown", {{"reason", shown.error().message}});
    return;
  }
  note(*fresh);
  log::info("renewed the server's certificate", {{"next", text::rfc3339(due_)}});
}

}  // namespace kontena::server
