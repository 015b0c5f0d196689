#include "kontena/logs/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "input.h"

namespace kontena::logs {
namespace {

constexpr std::size_t read_at_once = 256u << 10;
constexpr std::size_t kept_buffer = 16u << 10;  // of a log that was read to its end: there may be hundreds
constexpr unsigned looks_by_time = 4;
constexpr int tries = 5;  // to see the folder twice the same

struct Opened {
  std::unique_ptr<Input> source;
  LogFile file;
};

// The file that comes after `is_ours` says yes, or the oldest where it never does. While an
// engine rotates, names change hands: so the folder is looked at until it is seen twice alike.
template <class IsOurs>
Result<std::optional<Opened>> open_next(const std::string& path, bool& found, const IsOurs& is_ours) {
  for (int i = 0; i < tries; ++i) {
    const std::vector<LogFile> files = log_files(path);
    std::size_t next = 0;
    found = false;
    for (std::size_t at = files.size(); at-- > 0 && !found;) {
      const Result<bool> ours = is_ours(files[at]);
      if (!ours && ours.error().code != Code::not_found) return ours.error();
      found = ours && *ours;
      if (found) next = at + 1;
    }
    if (next == files.size()) {
      if (log_files(path) == files) return std::optional<Opened>();
      continue;
    }
    auto source = open_source(files[next]);
    if (!source && source.error().code != Code::not_found) return source.error();
    struct stat is {};
    if (!source || ::fstat((*source)->descriptor(), &is) != 0 || is.st_ino != files[next].inode || log_files(path) != files) continue;
    return std::optional<Opened>(Opened{std::move(*source), files[next]});
  }
  return Error{Code::unavailable, path + ": its files change faster than they can be looked at"};
}

}  // namespace

struct Follower::State {
  Format format;
  std::string path;
  Place place;
  std::unique_ptr<Input> source;
  LogFile file;
  struct timespec changed {};  // of the file, when it was last known to bear the name still
  unsigned unchanged = 0;      // looks since
  std::string head;            // of the file, up to the place
  std::string tail;            // before the place
  std::string buffer;          // what was read and not taken; begins at the place
  std::size_t taken = 0;       // of the buffer
  bool first = true;           // nothing was opened yet since the start
  std::string scratch;

  void begin(Opened opened) {
    source = std::move(opened.source);
    file = std::move(opened.file);
    changed = {};
    head.clear();
    tail.clear();
    buffer.clear();
    taken = 0;
  }
  std::uint64_t offset_ = 0;  // of the file, of the place; place.offset is of the file before until something was read

  Status find(Round& round);
  Status resume(Opened opened);
  Result<bool> fill(Round& round);
  bool was_emptied(const struct stat& is) const;
  Result<bool> go_on(Round& round);
  void used(std::size_t bytes);
  void settle();
};

// Opens the file with the place, at it.
Status Follower::State::resume(Opened opened) {
  begin(std::move(opened));
  offset_ = place.offset;
  KTN_OK(source->skip_to(0));
  const std::uint64_t head_size = std::min<std::uint64_t>(head_bytes, place.offset);
  while (head.size() < head_size) {
    KTN_TRY(const std::size_t got, source->read(head, static_cast<std::size_t>(head_size) - head.size()));
    if (got == 0) break;
  }
  const std::uint64_t tail_size = std::min<std::uint64_t>(tail_bytes, place.offset);
  const std::uint64_t tail_at = place.offset - tail_size;
  if (tail_at < head.size()) {
    tail = head.substr(tail_at);
  } else {
    KTN_OK(source->skip_to(tail_at));
  }
  while (tail.size() < tail_size) {
    KTN_TRY(const std::size_t got, source->read(tail, static_cast<std::size_t>(tail_size) - tail.size()));
    if (got == 0) break;
  }
  return Done{};
}

Status Follower::State::find(Round& round) {
  if (place.offset > 0) {
    for (int i = 0; i < tries; ++i) {
      std::vector<LogFile> files = log_files(path);
      for (std::size_t at = files.size(); at-- > 0;) {
        const auto ours = has_place(files[at], place);
        if (!ours && ours.error().code != Code::not_found) return ours.error();
        if (!ours || !*ours) continue;
        auto opened = open_source(files[at]);
        struct stat is {};
        if (!opened || ::fstat((*opened)->descriptor(), &is) != 0 || is.st_ino != files[at].inode) break;
        return resume({std::move(*opened), files[at]});
      }
      if (log_files(path) == files) break;
    }
  }
  bool found = false;
  KTN_TRY(auto next, open_next(path, found, [](const LogFile&) -> Result<bool> { return false; }));
  if (!next) return Done{};
  // Files go the oldest first: what is there now came after what was read.
  round.gap = place.offset > 0;
  begin(std::move(*next));
  offset_ = 0;
  return Done{};
}

void Follower::State::used(std::size_t bytes) {
  const std::string_view span = std::string_view(buffer).substr(taken, bytes);
  if (head.size() < head_bytes) head.append(span.substr(0, head_bytes - head.size()));
  taken += bytes;
  offset_ += bytes;
}

// After a run of records: the tail before the place, and the place itself.
void Follower::State::settle() {
  if (taken == 0) return;
  if (taken >= tail_bytes) {
    tail = buffer.substr(taken - tail_bytes, tail_bytes);
  } else {
    tail.append(buffer, 0, taken);
    if (tail.size() > tail_bytes) tail.erase(0, tail.size() - tail_bytes);
  }
  buffer.erase(0, taken);
  taken = 0;
  place = {offset_, mark_of(head, tail)};
}

// Whether the file has another beginning now (max-file=1 does that): what stands before the place is not what was read.
bool Follower::State::was_emptied(const struct stat& is) const {
  const std::uint64_t read_to = offset_ + buffer.size();
  if (static_cast<std::uint64_t>(is.st_size) < read_to) return true;
  if (static_cast<std::uint64_t>(is.st_size) == read_to || tail.empty()) return false;
  std::string now(tail.size(), '\0');
  const ssize_t got = ::pread(source->descriptor(), now.data(), now.size(), static_cast<off_t>(offset_ - tail.size()));
  return got != static_cast<ssize_t>(now.size()) || now != tail;
}

// Reads more bytes of this file; false at its end.
Result<bool> Follower::State::fill(Round& round) {
  std::size_t most = read_at_once;
  struct stat is {};
  const bool plain = !file.compressed && ::fstat(source->descriptor(), &is) == 0;
  if (plain && was_emptied(is)) {
    round.gap = true;
    round.damaged += buffer.size();
    head.clear();
    tail.clear();
    buffer.clear();
    offset_ = 0;
    KTN_OK(source->skip_to(0));
  }
  // Most looks find nothing: then there is neither a read nor room made for it.
  if (plain) most = std::min<std::uint64_t>(most, static_cast<std::uint64_t>(is.st_size) - std::min<std::uint64_t>(static_cast<std::uint64_t>(is.st_size), offset_ + buffer.size()));
  if (most == 0) return false;
  KTN_TRY(const std::size_t got, source->read(buffer, most));
  return got > 0;
}

// At the end of a file: whether another follows it, which is then open.
Result<bool> Follower::State::go_on(Round& round) {
  struct stat ours {};
  struct stat named {};
  const bool known = ::fstat(source->descriptor(), &ours) == 0;
  if (!file.compressed && known) {
    // Renaming and removing change its ctime, and so does writing; not always, where all of it happens in one tick.
    const bool same = ours.st_ctim.tv_sec == changed.tv_sec && ours.st_ctim.tv_nsec == changed.tv_nsec;
    if (same && ++unchanged % looks_by_time != 0) return false;
    if (::stat(path.c_str(), &named) != 0) return false;  // removed, or in the midst of a rotation
    if (named.st_ino == ours.st_ino && named.st_dev == ours.st_dev) {
      changed = ours.st_ctim;
      return false;
    }
    // What was written before it got its other name is all there is.
    KTN_TRY(const bool more, fill(round));
    if (more) return true;
  }
  const Place here{offset_, mark_of(head, tail)};
  bool found = false;
  KTN_TRY(auto next, open_next(path, found, [&](const LogFile& candidate) -> Result<bool> {
            if (candidate.device == ours.st_dev && candidate.inode == ours.st_ino) return true;
            if (!candidate.compressed || here.offset == 0) return false;
            return has_place(candidate, here);
          }));
  if (!next) return false;
  round.gap = round.gap || !found;
  round.damaged += buffer.size();  // the beginning of a record that never came
  round.rotated = true;
  begin(std::move(*next));
  offset_ = 0;
  return true;
}

Follower::Follower(Format format, std::string path, Place place)
    : state_(std::make_unique<State>(State{.format = format, .path = std::move(path), .place = place})) {}
Follower::~Follower() = default;
Follower::Follower(Follower&&) noexcept = default;
Follower& Follower::operator=(Follower&&) noexcept = default;

Place Follower::place() const { return state_->place; }

void Follower::close() { state_->source.reset(); }

Result<Round> Follower::read(std::size_t most, const Take& take) {
  State& s = *state_;
  Round round;
  if (!s.source) {
    KTN_OK(s.find(round));
    round.at_end = !s.source;
    if (round.gap || round.at_end) return round;
  }
  Record record;
  while (round.bytes < most) {
    const std::string_view rest = std::string_view(s.buffer).substr(s.taken);
    const Step step = rest.empty() ? Step{} : read_record(s.format, rest, record, s.scratch);
    if (step.found == Found::nothing) {
      s.settle();
      auto more = s.fill(round);
      if (more && !*more) more = s.go_on(round);
      if (!more) return more.error();
      if (*more) {
        if (round.gap) return round;  // so that whoever reads can say so in its place
        continue;
      }
      round.at_end = true;
      break;
    }
    if (step.found == Found::record) {
      take(record);
      round.bytes += step.used;
    } else {
      round.damaged += step.used;
    }
    s.used(step.used);
  }
  s.settle();
  if (round.at_end && s.buffer.empty() && s.buffer.capacity() > kept_buffer) std::string().swap(s.buffer);
  return round;
}

}  // namespace kontena::logs
