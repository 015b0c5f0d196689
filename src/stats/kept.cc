#include "kontena/stats/kept.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/varints.h"

namespace kontena::stats {
namespace {

namespace fs = std::filesystem;
using varints::put, varints::folded, varints::unfolded;

constexpr std::int64_t quarters_a_day = 96;
// A kind of history. Segments of quarters become one of a day where that saves files.
struct Tier {
  const char* name;
  std::int64_t part_ms;  // 0 = every point
  std::int64_t kept_ms;
  bool days;
};
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::array<Tier, 3> tiers{Tier{"all", 0, 25 * hour_ms, false}, Tier{"minutes", 60'000, 8 * 24 * hour_ms, true},
                                    Tier{"quarters", quarter_ms, 93 * 24 * hour_ms, true}};
constexpr std::size_t longest_name = 1'000;

// "q123" is of a quarter, "d123" of a day.
std::optional<std::int64_t> number_of(const std::string& name, char kind) {
  if (name.size() < 2 || name.size() > 16 || name[0] != kind || name.find_first_not_of("0123456789", 1) != std::string::npos) return std::nullopt;
  return std::stoll(name.substr(1));
}

std::uint32_t sum_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

Error failed(const std::string& doing, const std::string& path) {
  return {errno == ENOSPC || errno == EDQUOT ? Code::exhausted : Code::unavailable, doing + " '" + path + "': " + std::strerror(errno)};
}

// Records of one quarter: names once, then numbers.
class Journal {
 public:
  explicit Journal(std::string path) : path_(std::move(path)) {}
  ~Journal() {
    if (fd_ >= 0) ::close(fd_);
  }

  Status add(const std::vector<const KeptHistory::Sampled*>& samples) {
    std::string frames;
    std::map<std::string, std::uint64_t> fresh;
    for (const auto* sample : samples) {
      const std::string key = sample->series + '\n' + sample->source;
      auto known = names_.find(key);
      std::uint64_t name = known == names_.end() ? 0 : known->second;
      if (name == 0) {
        auto& number = fresh[key];
        if (number == 0) {
          number = names_.size() + fresh.size();
          std::string body;
          put(body, std::uint64_t{0});
          put(body, key);
          frame(frames, body);
        }
        name = number;
      }
      std::string body;
      put(body, name);
      put(body, static_cast<std::uint64_t>(sample->point.at_ms));
      for (const std::int64_t value : sample->point.values) put(body, folded(value));
      frame(frames, body);
    }
    KTN_OK(write(frames));
    names_.merge(fresh);
    return Done{};
  }

  Status sync() {
    if (fd_ < 0 || !dirty_) return Done{};
    dirty_ = false;
    return ::fdatasync(fd_) == 0 ? Status(Done{}) : failed("cannot sync", path_);
  }
  const std::string& path() const { return path_; }
  std::uint64_t bytes() const { return size_; }

  // Up to what is torn; a later one goes into a file of its own name, so that nothing is written behind it.
  static void read(const std::string& path, const std::function<void(const KeptHistory::Sampled&)>& take) {
    const auto bytes = files::read(path, std::size_t{2} << 30);
    if (!bytes) return log::warn("statistics of a quarter of an hour cannot be read", {{"reason", bytes.error().message}});
    std::vector<std::string> names;
    varints::Reader from{*bytes};
    while (from.good && !from.rest.empty()) {
      const std::string body = from.text(longest_name * 2 + 200);
      if (from.number() != sum_of(body) || !from.good) return;
      varints::Reader record{body};
      const std::uint64_t name = record.number();
      if (name == 0) {
        names.push_back(record.text(2 * longest_name));
        continue;
      }
      KeptHistory::Sampled sample;
      sample.point.at_ms = static_cast<std::int64_t>(record.number());
      for (std::int64_t& value : sample.point.values) value = unfolded(record.number());
      if (!record.good || name > names.size()) return;
      const auto cut = names[name - 1].find('\n');
      sample.series = names[name - 1].substr(0, cut);
      sample.source = cut == std::string::npos ? "" : names[name - 1].substr(cut + 1);
      take(sample);
    }
  }

 private:
  static void frame(std::string& to, const std::string& body) {
    put(to, body);
    put(to, std::uint64_t{sum_of(body)});
  }
  Status write(const std::string& bytes) {
    if (fd_ < 0) fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd_ < 0) return failed("cannot make", path_);
    for (std::size_t done = 0; done < bytes.size();) {
      const auto put = ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(size_ + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        const Error error = failed("cannot write", path_);
        (void)!::ftruncate(fd_, static_cast<off_t>(size_));
        return error;
      }
      done += static_cast<std::size_t>(put);
    }
    size_ += bytes.size();
    dirty_ = true;
    return Done{};
  }

  const std::string path_;
  std::map<std::string, std::uint64_t> names_;  // from 1
  int fd_ = -1;
  std::uint64_t size_ = 0;
  bool dirty_ = false;
};

class OnDisk final : public KeptHistory {
 public:
  explicit OnDisk(Options options) : options_(std::move(options)) {}

  Status open(const std::function<void(const Sampled&)>& take) {
    for (const Tier& tier : tiers) KTN_OK(files::make_folder(folder(tier), 0700));
    KTN_OK(files::make_folder(options_.folder + "/journal", 0700));
    for (const auto& name : names_in(folder(tiers[0]))) newest_ = std::max(newest_.load(), number_of(name, 'q').value_or(0));
    std::set<std::pair<std::int64_t, std::string>> found;
    for (const auto& name : names_in(options_.folder + "/journal")) {
      // "QUARTER.RUN": each run of the server has its own.
      const auto dot = name.find('.');
      const auto quarter = number_of("q" + name.substr(0, dot), 'q'), run = dot == std::string::npos ? std::nullopt : number_of("q" + name.substr(dot + 1), 'q');
      if (!quarter || !run) continue;
      run_ = std::max(run_, *run + 1);
      found.insert({*quarter, name});
    }
    for (const auto& [quarter, name] : found) {
      const std::string path = options_.folder + "/journal/" + name;
      if (fs::exists(path_of(tiers[0], 'q', quarter))) {
        (void)files::remove(path);  // ended between the two
        continue;
      }
      old_[quarter].push_back(path);
      Journal::read(path, take);
    }
    return Done{};
  }

  Status add(const std::vector<Sampled>& samples) override {
    std::map<std::int64_t, std::vector<const Sampled*>> by_quarter;
    for (const Sampled& sample : samples) by_quarter[(sample.point.at_ms - 1) / quarter_ms].push_back(&sample);
    std::lock_guard lock(mutex_);
    if (const auto full = disk_is_full()) return note(*full);
    for (const auto& [quarter, of] : by_quarter) {
      auto& journal = journals_[quarter];
      if (!journal) journal = std::make_unique<Journal>(options_.folder + "/journal/" + std::to_string(quarter) + '.' + std::to_string(run_));
      if (const Status added = journal->add(of); !added) return note(added.error());
    }
    trouble_.clear();
    return Done{};
  }

  Status sync() override {
    std::lock_guard lock(mutex_);
    for (auto& [quarter, journal] : journals_) KTN_OK(journal->sync());
    return Done{};
  }

  Status close(std::int64_t quarter, const Series& series) override {
    // That of all points goes last: it says that the journal is no longer needed.
    for (std::size_t i = tiers.size(); i-- > 0;) {
      SegmentWriter writer;
      for (const auto& [name, points] : series) writer.add(name, tiers[i].part_ms == 0 ? points : rolled_up(points, tiers[i].part_ms));
      KTN_OK(files::write(path_of(tiers[i], 'q', quarter), writer.finish(), 0600));
    }
    {
      std::lock_guard lock(mutex_);
      for (auto journal = journals_.begin(); journal != journals_.end() && journal->first <= quarter; journal = journals_.erase(journal))
        if (journal->second->bytes() > 0) (void)files::remove(journal->second->path());
      for (auto old = old_.begin(); old != old_.end() && old->first <= quarter; old = old_.erase(old))
        for (const std::string& path : old->second) (void)files::remove(path);
    }
    for (const Tier& tier : tiers)
      if (tier.days) KTN_OK(join_days(tier, quarter / quarters_a_day));
    newest_ = std::max(newest_.load(), quarter);
    drop(quarter);
    return Done{};
  }

  std::vector<Point> points(const std::string& series, std::int64_t since_ms, std::int64_t until_ms, std::int64_t resolution_ms) const override {
    std::vector<Point> all;
    if (since_ms >= until_ms) return all;
    // The coarsest that is fine enough; and for what it has no more, the next one.
    std::size_t tier = 0;
    const std::int64_t newest = std::max(until_ms, (newest_.load() + 1) * quarter_ms);
    while (tier + 1 < tiers.size() && (tiers[tier + 1].part_ms <= resolution_ms || newest - since_ms > tiers[tier].kept_ms)) ++tier;
    const std::int64_t first = since_ms / quarter_ms, last = (until_ms - 1) / quarter_ms;
    for (std::int64_t quarter = first; quarter <= last;) {
      const std::string day = path_of(tiers[tier], 'd', quarter / quarters_a_day);
      if (tiers[tier].days && add_points(day, series, since_ms, until_ms, all)) {
        quarter = (quarter / quarters_a_day + 1) * quarters_a_day;
        continue;
      }
      add_points(path_of(tiers[tier], 'q', quarter), series, since_ms, until_ms, all);
      ++quarter;
    }
    return all;
  }

  std::string trouble() const override {
    std::lock_guard lock(mutex_);
    return trouble_;
  }

  std::uint64_t bytes() const override {
    std::uint64_t sum = 0;
    for (const Tier& tier : tiers)
      for (const auto& name : names_in(folder(tier))) sum += size_of(folder(tier) + '/' + name);
    return sum;
  }

 private:
  std::string folder(const Tier& tier) const { return options_.folder + '/' + tier.name; }
  std::string path_of(const Tier& tier, char kind, std::int64_t number) const { return folder(tier) + '/' + kind + std::to_string(number); }
  static std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) names.push_back(at->path().filename());
    std::ranges::sort(names);
    return names;
  }
  static std::uint64_t size_of(const std::string& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
  }

  static bool add_points(const std::string& path, const std::string& series, std::int64_t since_ms, std::int64_t until_ms, std::vector<Point>& to) {
    const auto segment = Segment::open(path);
    if (!segment) {
      if (segment.error().code == Code::corrupt) log::warn("statistics are damaged", {{"reason", segment.error().message}});
      return false;
    }
    for (const Point& point : segment->points(series))
      if (point.at_ms > since_ms && point.at_ms <= until_ms) to.push_back(point);
    return true;
  }

  // Quarters of days that are over, into one file: whatever was ended between two steps is done again.
  Status join_days(const Tier& tier, std::int64_t today) {
    std::map<std::int64_t, std::vector<std::int64_t>> quarters;  // by day
    for (const auto& name : names_in(folder(tier)))
      if (const auto quarter = number_of(name, 'q'); quarter && *quarter / quarters_a_day < today) quarters[*quarter / quarters_a_day].push_back(*quarter);
    for (auto& [day, of] : quarters) {
      std::ranges::sort(of);
      const std::string path = path_of(tier, 'd', day);
      if (!fs::exists(path)) {
        std::vector<Segment> parts;
        for (const std::int64_t quarter : of)
          if (auto part = Segment::open(path_of(tier, 'q', quarter))) parts.push_back(*std::move(part));
        KTN_OK(files::write(path, merge(parts), 0600));
      }
      for (const std::int64_t quarter : of) KTN_OK(files::remove(path_of(tier, 'q', quarter)));
    }
    return Done{};
  }

  void drop(std::int64_t quarter) {
    const std::int64_t now_ms = (quarter + 1) * quarter_ms;
    for (const Tier& tier : tiers)
      for (const auto& name : names_in(folder(tier))) {
        const auto q = number_of(name, 'q'), d = number_of(name, 'd');
        const std::int64_t end_ms = q ? (*q + 1) * quarter_ms : d ? (*d + 1) * quarters_a_day * quarter_ms : now_ms;
        if (now_ms - end_ms > tier.kept_ms) (void)files::remove(folder(tier) + '/' + name);
      }
    for (const Tier& tier : tiers) {
      auto names = names_in(folder(tier));
      std::ranges::sort(names, {}, [](const std::string& name) { return std::pair(name[0] == 'q', std::stoll("0" + name.substr(1))); });
      for (const auto& name : names) {
        if (bytes() <= options_.total && room() >= spare()) return;
        (void)files::remove(folder(tier) + '/' + name);
      }
    }
  }

  std::uint64_t room() const {
    struct statvfs of {};
    return ::statvfs(options_.folder.c_str(), &of) == 0 ? of.f_bavail * std::uint64_t{of.f_frsize} : UINT64_MAX;
  }
  std::uint64_t spare() const {
    struct statvfs of {};
    if (::statvfs(options_.folder.c_str(), &of) != 0) return 0;
    return std::min(options_.spare, of.f_blocks * std::uint64_t{of.f_frsize} / 10);
  }
  std::optional<Error> disk_is_full() const {
    if (room() >= spare() / 2) return std::nullopt;
    return Error{Code::exhausted, "the disk has no room for statistics: they are in memory alone", "make room on the server's disk"};
  }
  Status note(const Error& error) {
    if (trouble_.empty()) log::warn("statistics are not kept", {{"reason", error.message}});
    trouble_ = error.message;
    return error;
  }

  const Options options_;
  mutable std::mutex mutex_;  // of what follows
  std::map<std::int64_t, std::unique_ptr<Journal>> journals_;
  std::map<std::int64_t, std::vector<std::string>> old_;  // of runs before
  std::int64_t run_ = 0;
  std::atomic<std::int64_t> newest_ = 0;  // quarter that is closed
  std::string trouble_;
};

}  // namespace

Result<std::unique_ptr<KeptHistory>> KeptHistory::open(Options options, const std::function<void(const Sampled&)>& take) {
  auto kept = std::make_unique<OnDisk>(std::move(options));
  KTN_OK(kept->open(take));
  return std::unique_ptr<KeptHistory>(std::move(kept));
}

}  // namespace kontena::stats
