#include "log_spool.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/logs/checksum.h"

namespace kontena::agent {
namespace {

constexpr std::string_view magic = "kontena log spool 1\n";
constexpr std::size_t id_size = 12;
constexpr std::size_t record_head = 20;      // checksum of the rest, size of the moves, size of the batch, number
constexpr std::uint32_t largest_part = 64u << 20;

void put32(std::string& to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) to.push_back(static_cast<char>(value >> (8 * i)));
}
std::uint32_t get32(const char* at) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

// [checksum][moves' size][batch's size][number, 8 bytes][moves][batch]
std::string record_of(std::uint64_t number, const std::string& moves, const std::string& batch) {
  std::string rest;
  rest.reserve(record_head + moves.size() + batch.size());
  put32(rest, static_cast<std::uint32_t>(moves.size()));
  put32(rest, static_cast<std::uint32_t>(batch.size()));
  put32(rest, static_cast<std::uint32_t>(number));
  put32(rest, static_cast<std::uint32_t>(number >> 32));
  rest += moves;
  rest += batch;
  std::string record;
  record.reserve(4 + rest.size());
  put32(record, logs::checksum(rest));
  return record += rest;
}

Error failed(const std::string& path, int number) {
  return {number == ENOSPC || number == EDQUOT ? Code::exhausted : Code::unavailable, "cannot write '" + path + "': " + std::strerror(number)};
}

Status write_all(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return Done{};
}

}  // namespace

LogSpool::~LogSpool() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<LogSpool>> LogSpool::open(std::string folder, Limits limits, IdSource& ids) {
  KTN_OK(files::make_folder(folder, 0700));
  const std::string id_file = folder + "/id";
  auto id = files::read(id_file, 64);
  if (!id && id.error().code != Code::not_found) return id.error();
  if (!id || id->size() != id_size) {
    id = ids.id();
    // What lies there is of no spool, or of one that is not known any more.
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) std::filesystem::remove(entry.path(), ignored);
    KTN_OK(files::write(id_file, *id, 0600));
  }
  std::unique_ptr<LogSpool> spool(new LogSpool(std::move(folder), std::move(limits), *id));
  KTN_OK(spool->load());
  return spool;
}

Status LogSpool::load() {
  std::vector<std::string> paths;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed))
    if (entry.path().extension() == ".segment") paths.push_back(entry.path().string());
  if (failed) return Error{Code::unavailable, "cannot list '" + folder_ + "': " + failed.message()};
  std::ranges::sort(paths);  // numbers have one width
  for (const std::string& path : paths)
    if (!load_segment(path)) log::warn("a file of the log spool is damaged: lines may be missing or come twice", {{"file", path}});
  return Done{};
}

// False where it ends with something else than a torn record.
bool LogSpool::load_segment(const std::string& path) {
  const auto text = files::read(path, 1u << 30);
  Segment segment{.path = path};
  bool good = text && text->size() >= magic.size() + id_size && text->starts_with(magic) &&
              text->compare(magic.size(), id_size, id_) == 0;
  // One that was not begun whole was never written to.
  const bool begun = good;
  std::size_t at = magic.size() + id_size;
  for (bool first = true; good && at < text->size(); first = false) {
    if (text->size() - at < record_head) break;
    const char* const head = text->data() + at;
    const std::uint64_t moves_size = get32(head + 4), batch_size = get32(head + 8);
    const std::uint64_t number = get32(head + 12) | std::uint64_t{get32(head + 16)} << 32;
    if (moves_size > largest_part || batch_size > largest_part || text->size() - at - record_head < moves_size + batch_size) break;
    const std::string_view rest(head + 4, record_head - 4 + moves_size + batch_size);
    const auto moves = logs::checksum(rest) == get32(head) ? read_moves(rest.substr(record_head - 4, moves_size)) : std::nullopt;
    if (!moves) {
      good = at + record_head + moves_size + batch_size == text->size();
      break;
    }
    if (first) positions_.clear();  // all of them follow
    apply_moves(positions_, *moves);
    if (batch_size > 0) segment.batches.push_back({number, at + record_head + moves_size, static_cast<std::uint32_t>(batch_size)});
    last_ = std::max(last_, number);
    at += record_head + moves_size + batch_size;
  }
  segment.size = at;
  index_.with([&](Index& index) {
    for (const Batch& batch : segment.batches) index.bytes += batch.size;
    index.waiting += segment.batches.size();
    index.newest = last_;
    index.segments.push_back(std::move(segment));
  });
  return good || (text && !begun && text->size() < magic.size() + id_size);
}

Status LogSpool::begin_segment() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  char name[48];
  std::snprintf(name, sizeof name, "/%016" PRIx64 ".segment", last_ + 1);
  const std::string path = folder_ + name;
  // What an earlier start left under this name had nothing whole in it but positions.
  index_.with([&](Index& index) { std::erase_if(index.segments, [&](const Segment& s) { return s.path == path; }); });
  const std::string content = std::string(magic) + id_ + record_of(last_, write_moves(all_of(positions_)), "");
  KTN_OK(files::write(path, content, 0600));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_APPEND);
  if (fd < 0) return failed(path, errno);
  fd_ = fd;
  size_ = content.size();
  std::vector<std::string> old;
  index_.with([&](Index& index) {
    old = take_done(index, 0);
    index.segments.push_back({.path = path, .size = content.size()});
  });
  for (const std::string& gone : old) static_cast<void>(files::remove(gone));
  return Done{};
}

bool LogSpool::full() {
  return index_.with([&](const Index& index) { return index.bytes >= limits_.bytes; });
}

bool LogSpool::disk_short() { return limits_.free_bytes && limits_.free_bytes(folder_) < limits_.reserve; }

Status LogSpool::append(const std::string& batch, const LogMoves& moves) {
  if (fd_ < 0 || size_ >= limits_.segment) KTN_OK(begin_segment());
  const std::uint64_t number = batch.empty() ? last_ : last_ + 1;
  const std::string moved = write_moves(moves);
  const std::string record = record_of(number, moved, batch);
  const std::string path = index_.with([](const Index& index) { return index.segments.back().path; });
  Status written = write_all(fd_, path, record);
  if (written && ::fdatasync(fd_) != 0) written = failed(path, errno);
  if (!written) {
    // A half of it must not stand before the next one; where it cannot be taken away, that begins a file of its own.
    if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) ::close(std::exchange(fd_, -1));
    return written;
  }
  apply_moves(positions_, moves);
  last_ = number;
  const std::uint64_t offset = size_ + record_head + moved.size();
  size_ += record.size();
  index_.change([&](Index& index) {
    Segment& segment = index.segments.back();
    segment.size = size_;
    if (batch.empty()) return;
    segment.batches.push_back({number, offset, static_cast<std::uint32_t>(batch.size())});
    index.bytes += batch.size();
    ++index.waiting;
    index.newest = number;
  });
  return Done{};
}

// Segments that nobody is before, and batches at the beginning of the oldest other one.
std::vector<std::string> LogSpool::take_done(Index& index, std::size_t keep) {
  std::uint64_t done = index.acknowledged;
  for (const auto& [reader, number] : index.readers) done = std::min(done, number);
  std::vector<std::string> old;
  for (Segment& segment : index.segments) {
    while (!segment.batches.empty() && segment.batches.front().number <= done) segment.batches.pop_front();
    if (!segment.batches.empty()) break;
  }
  while (index.segments.size() > keep && index.segments.front().batches.empty()) {
    old.push_back(std::move(index.segments.front().path));
    index.segments.pop_front();
  }
  return old;
}

std::optional<LogSpool::Found> LogSpool::find_after(const Index& index, std::uint64_t number) {
  for (const Segment& segment : index.segments) {
    if (segment.batches.empty() || segment.batches.back().number <= number) continue;
    return Found{segment.path, *std::ranges::upper_bound(segment.batches, number, {}, &Batch::number)};
  }
  return std::nullopt;
}

std::optional<LogSpool::Waiting> LogSpool::read(const Found& found) {
  Waiting waiting{.number = found.batch.number};
  waiting.batch.resize(found.batch.size);
  const int fd = ::open(found.path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? -1 : ::pread(fd, waiting.batch.data(), waiting.batch.size(), static_cast<off_t>(found.batch.offset));
  if (fd >= 0) ::close(fd);
  if (got != static_cast<ssize_t>(waiting.batch.size())) return std::nullopt;
  return waiting;
}

std::optional<LogSpool::Waiting> LogSpool::next(Duration limit) {
  const auto found = index_.wait_then(
      limit, [](const Index& index) { return index.waiting > 0 || index.woken; },
      [](Index& index) {
        index.woken = false;
        return find_after(index, index.acknowledged);
      });
  if (!found) return std::nullopt;
  auto waiting = read(*found);
  if (waiting) return waiting;
  log::error("lines that waited for the server cannot be read any more", {{"file", found->path}, {"batch", found->batch.number}});
  acknowledge(found->batch.number);
  return std::nullopt;
}

std::uint64_t LogSpool::waiting() {
  return index_.with([](const Index& index) { return index.waiting; });
}

void LogSpool::acknowledge(std::uint64_t number) {
  std::vector<std::string> old;
  index_.change([&](Index& index) {
    for (const Segment& segment : index.segments) {
      if (segment.batches.empty() || segment.batches.back().number <= index.acknowledged || segment.batches.front().number > number) continue;
      for (const Batch& batch : segment.batches)
        if (batch.number > index.acknowledged && batch.number <= number) index.bytes -= batch.size, --index.waiting;
    }
    index.acknowledged = std::max(index.acknowledged, std::min(number, index.newest));
    old = take_done(index, 1);  // the last one has the positions
  });
  for (const std::string& path : old) static_cast<void>(files::remove(path));
}

void LogSpool::wake() {
  index_.change([](Index& index) { index.woken = true; });
}

void LogSpool::keep_for(const std::string& reader, std::uint64_t number) {
  std::vector<std::string> old;
  index_.with([&](Index& index) {
    index.readers[reader] = number;
    old = take_done(index, 1);
  });
  for (const std::string& path : old) static_cast<void>(files::remove(path));
}

void LogSpool::let_go(const std::string& reader) {
  std::vector<std::string> old;
  index_.with([&](Index& index) {
    index.readers.erase(reader);
    old = take_done(index, 1);
  });
  for (const std::string& path : old) static_cast<void>(files::remove(path));
}

std::optional<LogSpool::Waiting> LogSpool::after(std::uint64_t number, Duration limit) {
  const auto found = index_.wait_then(
      limit, [&](const Index& index) { return index.newest > number; },
      [&](Index& index) { return find_after(index, number); });
  if (!found) return std::nullopt;
  auto waiting = read(*found);
  return waiting ? waiting : Waiting{.number = found->batch.number};
}

std::uint64_t LogSpool::bytes_after(std::uint64_t number) {
  return index_.with([&](const Index& index) {
    std::uint64_t bytes = 0;
    for (const Segment& segment : index.segments)
      if (!segment.batches.empty() && segment.batches.back().number > number)
        for (const Batch& batch : segment.batches) bytes += batch.number > number ? batch.size : 0;
    return bytes;
  });
}

std::uint64_t LogSpool::newest() {
  return index_.with([](const Index& index) { return index.newest; });
}

std::uint64_t LogSpool::acknowledged() {
  return index_.with([](const Index& index) { return index.acknowledged; });
}

}  // namespace kontena::agent
