#include "kept_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/logs/checksum.h"
#include "numbered.h"

namespace kontena::logs {
namespace {

constexpr std::size_t frame = 8;  // size and sum of what follows
constexpr std::size_t longest = 16u << 20;

std::uint32_t fixed(const char* from) {
  std::uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// How many bytes of whole records there are.
std::size_t each(std::string_view bytes, const std::function<void(std::string_view)>& take) {
  std::size_t at = 0;
  while (bytes.size() - at >= frame) {
    const std::size_t size = fixed(bytes.data() + at);
    if (size > longest || bytes.size() - at - frame < size) break;
    const std::string_view record = bytes.substr(at + frame, size);
    if (checksum(record) != fixed(bytes.data() + at + 4)) break;
    take(record);
    at += frame + size;
  }
  return at;
}

}  // namespace

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

Status Journal::open(const std::function<void(std::string_view record)>& take) {
  KTN_OK(files::make_folder(folder_, 0700));
  for (const Numbered& file : numbered_in(folder_)) {
    next_ = file.number + 1;
    const auto bytes = files::read(file.path, 1u << 30);
    if (!bytes) return std::move(bytes).error();
    files_.push_back({file.path, bytes->size()});  // first: what is taken marks it
    const std::size_t whole = each(*bytes, take);
    // What a crash tore was acknowledged to nobody; anything else is damage.
    if (whole < bytes->size()) log::warn("the journal of kept logs ends early", {{"file", file.path}, {"bytes left out", bytes->size() - whole}});
  }
  return Done{};
}

Status Journal::append(std::string_view record, const std::function<std::string()>& begin) {
  {
    std::lock_guard lock(mutex_);
    if (!broken_.empty()) return Error{Code::unavailable, broken_, "mend the disk, then restart the server"};
  }
  if (fd_ < 0 || files_.back().bytes >= file_bytes_) KTN_OK(begin_file());
  if (files_.back().bytes == 0) KTN_OK(write(begin()));  // also where that had no room before
  return write(record);
}

Status Journal::begin_file() {
  KTN_OK(sync());
  const std::string path = numbered_path(folder_, next_);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot make", path, errno);
  {
    std::lock_guard lock(mutex_);
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  ++next_;
  files_.push_back({path, 0});
  return sync_folder(folder_);
}

Status Journal::write(std::string_view record) {
  std::string bytes(frame, '\0');
  const auto size = static_cast<std::uint32_t>(record.size());
  const std::uint32_t sum = checksum(record);
  std::memcpy(bytes.data(), &size, 4);
  std::memcpy(bytes.data() + 4, &sum, 4);
  bytes += record;
  File& file = files_.back();
  if (const Status put = write_at(fd_, bytes, file.bytes, file.path); !put) {
    // Half a record must not stand before a whole one.
    std::lock_guard lock(mutex_);
    if (::ftruncate(fd_, static_cast<off_t>(file.bytes)) != 0) broken_ = "the journal of kept logs cannot be written: " + put.error().message;
    return put;
  }
  file.bytes += bytes.size();
  std::lock_guard lock(mutex_);
  ++written_;
  return Done{};
}

Status Journal::sync() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = written_;
  while (synced_ < wanted) {
    if (syncing_) {
      changed_.wait(lock);
      continue;
    }
    syncing_ = true;
    const std::uint64_t upto = written_;
    const int fd = fd_;
    lock.unlock();
    const int result = ::fdatasync(fd);
    const int number = errno;
    lock.lock();
    syncing_ = false;
    changed_.notify_all();
    if (result != 0) {
      // The kernel takes what it could not write for written: a later success would be a lie.
      Error error = failed("cannot sync the journal of kept logs in", folder_, number);
      broken_ = error.message;
      return error;
    }
    synced_ = std::max(synced_, upto);
  }
  return Done{};
}

void Journal::drop_until(std::uint64_t mark) {
  while (files_.size() > 1 && files_.front().mark <= mark) {
    if (const auto removed = files::remove(files_.front().path); !removed) {
      log::warn("a file of kept logs cannot be removed", {{"reason", removed.error().message}});
      return;
    }
    files_.pop_front();
  }
}

std::uint64_t Journal::oldest_mark() const { return files_.size() > 1 ? files_.front().mark : 0; }

std::uint64_t Journal::bytes() const {
  std::uint64_t sum = 0;
  for (const File& file : files_) sum += file.bytes;
  return sum;
}

}  // namespace kontena::logs
