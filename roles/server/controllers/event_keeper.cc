#include "event_keeper.h"

#include "../events.h"
#include "kontena/base/log.h"
#include "kontena/store/tables.h"

namespace kontena::server {
namespace {

constexpr std::size_t at_once = 500;

std::string owner_of(const model::Event& event) {
  if (!event.project.empty()) return "p/" + event.project + '/' + event.stack + '/' + event.service;
  return "n/" + *event.node;
}

}  // namespace

void EventKeeper::step() {
  context_.views.now()->grids.each("", [&](const auto& item) {
    if (const Status done = trim(item.key); !done && done.error().code != Code::unavailable)
      log::error("old events cannot be dropped", {{"grid", item.key}, {"reason", done.error().message}});
  });
}

Status EventKeeper::trim(const std::string& grid) {
  KTN_TRY(const model::EventKeeping keeping, keeping_of(context_.store, grid));
  std::vector<KeptEvent> all;
  for (std::string after;;) {
    KTN_TRY(const auto page, context_.store.page(store::events.key(grid) + '/', after, at_once, false));
    if (page.empty()) break;
    after = page.back().key;
    for (const store::Entry& entry : page) {
      // One that cannot be read is dropped with its time unknown: by number only.
      auto event = store::events.read(entry);
      if (event)
        all.push_back({entry.key, event->last_ms, owner_of(*event)});
      else
        all.push_back({entry.key, to_ms(context_.clock.now()), "damaged"});
    }
  }
  const auto gone = too_many(all, keeping, to_ms(context_.clock.now()));
  for (std::size_t from = 0; from < gone.size(); from += at_once) {
    store::Commit commit;
    for (std::size_t i = from; i < std::min(gone.size(), from + at_once); ++i) commit.deletes.push_back(gone[i]);
    KTN_OK(context_.store.commit(commit));
  }
  return Done{};
}

}  // namespace kontena::server
