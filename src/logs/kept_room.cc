// What goes from memory to files, and from files out.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "kept_store.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "numbered.h"

namespace kontena::logs {
namespace {

constexpr std::uint64_t smallest_file = 64u << 10, largest_file = 16u << 20;
constexpr std::size_t many_files = 64;  // to be synced one by one

std::size_t bytes_of(const Rows& rows) { return rows.text.size() + rows.rows.size() * sizeof(Row); }

// All of a disk at once.
Status sync_disk(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("cannot open", folder, errno);
  const int result = ::syncfs(fd);
  const int number = errno;
  ::close(fd);
  if (result != 0) return failed("cannot sync the disk of", folder, number);
  return Done{};
}

}  // namespace

Kept::Room KeptStore::room_for(const std::string& project) const {
  const auto found = rooms_.find(project);
  return found == rooms_.end() ? Room{} : found->second;
}

Status KeptStore::write_full(const std::vector<Source>& sources) {
  for (const Source& source : sources) {
    const auto chain = chains_.find(source);
    if (chain != chains_.end() && chain->second.rows.text.size() >= block_text) KTN_OK(write_chain(source, chain->second));
  }
  while (in_memory_ > options_.in_memory) {
    const auto largest = std::ranges::max_element(chains_, {}, [](const auto& chain) { return bytes_of(chain.second.rows); });
    KTN_OK(write_chain(largest->first, largest->second));
  }
  return journal_.bytes() > options_.journal ? shorten_journal() : Status(Done{});
}

Status KeptStore::write_chain(const Source& source, Chain& chain) {
  // No line may be in a block that the journal could lose yet: it would come a second time.
  KTN_OK(journal_.sync());
  const std::size_t bytes = bytes_of(chain.rows);
  // What is dropped is a file: no more than a small part of the room, or of the age.
  const Room room = room_for(source.project);
  const std::uint64_t file_bytes = std::clamp(room.bytes / 64, smallest_file, largest_file);
  const auto write = [&] { return chain.write(source, numbered_path(blocks_, next_file_), file_bytes, room.age_ns / 16); };
  Status written = write();
  if (!written && written.error().code == Code::exhausted && drop_oldest("")) written = write();
  KTN_OK(written);
  ++next_file_;
  in_memory_ -= bytes;
  make_room(source.project);
  return Done{};
}

// Until half of it is free: its oldest files go once all that is in them is in blocks, and those are durable.
Status KeptStore::shorten_journal() {
  std::uint64_t mark = 0;
  while (journal_.bytes() > options_.journal / 2 && (mark = journal_.oldest_mark()) > 0) {
    std::size_t unsynced = 0;
    for (auto& [source, chain] : chains_) {
      if (!chain.rows.rows.empty() && chain.first <= mark) KTN_OK(write_chain(source, chain));
      unsynced += std::ranges::any_of(chain.files, [](const BlockFile& file) { return !file.synced; });
    }
    if (unsynced > many_files) {
      KTN_OK(sync_disk(blocks_));
      for (auto& [source, chain] : chains_)
        for (BlockFile& file : chain.files) file.synced = true;
    } else {
      for (auto& [source, chain] : chains_) KTN_OK(chain.sync());
      KTN_OK(sync_folder(blocks_));
    }
    journal_.drop_until(mark);
    if (journal_.oldest_mark() == mark) break;  // it could not be removed
  }
  return Done{};
}

std::uint64_t KeptStore::spare() const { return std::min(options_.spare, room_of(blocks_).size / 10); }

// Logs give way to all else that is on the disk.
Status KeptStore::shed() {
  const std::uint64_t wanted = spare();
  std::uint64_t dropped = 0;
  while (room_of(blocks_).free < wanted && drop_oldest("")) ++dropped;
  if (dropped > 0) log::warn("kept logs were removed, since the disk is nearly full", {{"files", dropped}});
  const std::uint64_t free = room_of(blocks_).free;
  if (free >= wanted / 2) return Done{};
  return Error{Code::exhausted, "the disk has no room for logs: " + std::to_string(free >> 20) + " MB are free in '" + options_.folder + "', " + std::to_string(wanted >> 21) + " MB are left to others",
               "make room on the server's disk; the nodes keep their lines until then"};
}

void KeptStore::make_room(const std::string& project) {
  const auto used = [&] {
    std::uint64_t sum = 0;
    for (auto chain = chains_.lower_bound({project, "", ""}); chain != chains_.end() && chain->first.project == project; ++chain) sum += chain->second.bytes;
    return sum;
  };
  for (std::uint64_t bytes = used(); bytes > room_for(project).bytes && drop_oldest(project); bytes = used()) {
  }
  std::uint64_t total = options_.total > 0 ? options_.total : room_of(blocks_).size / 4;
  const auto all = [&] {
    std::uint64_t sum = 0;
    for (const auto& [source, chain] : chains_) sum += chain.bytes;
    return sum;
  };
  while (all() > total && drop_oldest("")) {
  }
}

bool KeptStore::drop_oldest(const std::string& project) {
  std::map<std::string, std::uint64_t> by_project;
  for (const auto& [source, chain] : chains_) by_project[source.project] += chain.bytes;
  if (by_project.empty()) return false;
  const std::string most = project.empty() ? std::ranges::max_element(by_project, {}, [](const auto& p) { return p.second; })->first : project;
  Chain* largest = nullptr;
  for (auto& [source, chain] : chains_)
    if (source.project == most && (!largest || chain.bytes > largest->bytes)) largest = &chain;
  if (!largest || largest->files.empty()) return false;
  drop_file(*largest);
  return true;
}

void KeptStore::drop_file(Chain& chain) {
  const BlockFile& file = chain.files.front();
  if (const auto removed = files::remove(*file.path); !removed) log::warn("a file of kept logs cannot be removed", {{"reason", removed.error().message}});
  chain.bytes -= file.bytes;
  chain.files.pop_front();
}

void KeptStore::tidy(std::map<std::string, Room> projects, std::int64_t now_ns) {
  std::lock_guard lock(mutex_);
  rooms_ = std::move(projects);
  for (auto chain = chains_.begin(); chain != chains_.end();) {
    const auto room = rooms_.find(chain->first.project);
    Chain& at = chain->second;
    const std::int64_t oldest_ns = room == rooms_.end() ? INT64_MAX : now_ns - room->second.age_ns;
    while (!at.files.empty() && at.files.front().last_ns < oldest_ns) drop_file(at);
    if (room == rooms_.end()) {
      in_memory_ -= bytes_of(at.rows);
      at.rows = {};
    }
    chain = at.files.empty() && at.rows.rows.empty() ? chains_.erase(chain) : std::next(chain);
  }
  for (const auto& [project, room] : rooms_) make_room(project);
  (void)shed();  // whoever adds next is told
}

}  // namespace kontena::logs
