#include "mesh_receive.h"

#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_poll{api::longest_wait_ms + 10'000};
constexpr Duration between_asks{100};

}  // namespace

Result<bool> MeshReceive::ask() {
  const auto had = mesh_.with([](const MeshState& s) { return s.wanted; });
  http::Request request{.path = std::string(api::paths::agent_network)};
  request.query["after"] = std::to_string(had->revision);
  request.query["has"] = had->digest;
  KTN_TRY(auto answer, api::call<api::NetworkAnswer>(uplink_.server(), request, longest_poll));
  MeshMerged merged = merge(*had, std::move(answer));
  const auto now = std::make_shared<const overlay::Snapshot>(std::move(merged.snapshot));
  mesh_.change([&](MeshState& s) {
    s.wanted = now;
    s.version += merged.differs;
  });
  // Used first, kept second: a full disk is no reason to cut containers off.
  if (merged.differs) news_();
  unsaved_ = unsaved_ || merged.differs;
  if (unsaved_ && (!merged.differs || !saved_ || leads_elsewhere(*saved_, *now))) save(now);
  return merged.differs;
}

void MeshReceive::save(std::shared_ptr<const overlay::Snapshot> snapshot) {
  const Status saved = save_snapshot(state_dir_, *snapshot);
  if (!saved && !std::exchange(unsaved_told_, true))
    log::error("the network cannot be kept on disk: a restart would begin without it", {{"reason", saved.error().message}});
  if (!saved) return;
  unsaved_ = unsaved_told_ = false;
  saved_ = std::move(snapshot);
}

void MeshReceive::step() {
  const Duration asked = context_.clock.steady();
  const auto news = ask();
  if (!news) {
    // A server from before this version has no such route.
    if (failures_ == 0) log::warn("the network cannot be received", {{"reason", news.error().message}});
    return wait_until_heard(context_, ++failures_);
  }
  failures_ = 0;
  // What was told of members may be no news of their names; the next thing told may be, and is waited for.
  if (!*news) pace(context_, asked, between_asks);
}

}  // namespace kontena::agent
