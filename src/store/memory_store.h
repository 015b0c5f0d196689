#pragma once

#include <map>
#include <string>

#include "feed.h"
#include "kontena/base/synced.h"
#include "kontena/store/store.h"

namespace kontena::store {

class MemoryStore final : public Store {
 public:
  Result<std::optional<Entry>> get(std::string_view key) override;
  Result<Listing> list(std::string_view prefix) override;
  Result<std::vector<Entry>> page(std::string_view prefix, std::string_view after, std::size_t limit,
                                  bool backward) override;
  Result<std::unique_ptr<Snapshot>> snapshot() override;
  Result<Revision> commit(const Commit&) override;
  Result<std::vector<Changed>> changes(Revision after, std::size_t limit, Duration timeout) override;
  Result<crypto::Link> trail() override;
  void close() override { feed_.close(); }

 private:
  struct State {
    std::map<std::string, Entry, std::less<>> entries;
    Revision revision = 0;
    crypto::Link trail;
  };
  Synced<State> state_;
  Feed feed_{0};
};

}  // namespace kontena::store
