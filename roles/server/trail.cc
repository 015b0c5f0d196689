#include "trail.h"

#include "kontena/store/tables.h"
#include "kontena/store/trail.h"

namespace kontena::server {
namespace {

constexpr std::size_t page_size = 500;

}  // namespace

Status write_trail(store::Store& store, const pki::Authority& signing, Time now, const TrailLine& line) {
  KTN_TRY(const crypto::Link end, store.trail());
  KTN_TRY(const model::Checkpoint last, api::sign_checkpoint(signing, end, now, api::Signed::checkpoint));
  std::optional<model::Checkpoint> cut;
  std::vector<model::Checkpoint> checkpoints;
  KTN_TRY(const store::Listing listed, store.list(store::checkpoints.key("")));
  for (const store::Entry& entry : listed.entries) {
    KTN_TRY(model::Checkpoint read, store::checkpoints.read(entry));
    if (entry.key == store::checkpoints.key(cut_tail))
      cut = std::move(read);
    else if (read.number <= end.number)  // else it was made just now
      checkpoints.push_back(std::move(read));
  }
  if (!line(api::trail_head(now, signing.own().certificate_pem, cut))) return Done{};
  for (const model::Checkpoint& each : checkpoints)
    if (!line(api::trail_checkpoint(each))) return Done{};
  for (std::string after;;) {
    KTN_TRY(const auto entries, store.page(store::trail_prefix, after, page_size, false));
    if (entries.empty()) break;
    after = entries.back().key;
    for (const store::Entry& entry : entries) {
      const auto read = store::read_trail(entry);
      if (read && read->link.number > end.number) continue;
      if (!line(read ? api::trail_record(read->link, read->text) : api::trail_damaged(entry.key))) return Done{};
    }
  }
  line(api::trail_end(last));
  return Done{};
}

Status verify_trail(store::Store& store, const pki::Authority& authority, Time now, std::int64_t& records) {
  api::TrailReader reader(authority.own().certificate_pem);
  Status read = Done{};
  KTN_OK(write_trail(store, authority, now, [&](const std::string& line) {
    read = reader.feed(line);
    return read.has_value();
  }));
  records = reader.check().records();
  KTN_OK(read);
  return reader.finish();
}

}  // namespace kontena::server
