#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "kept_journal.h"
#include "kept_read.h"
#include "kontena/base/file_lock.h"

namespace kontena::logs {

// How it works is in the README, "What a server keeps".
class KeptStore final : public Kept {
 public:
  explicit KeptStore(Options options)
      : options_(std::move(options)), blocks_(options_.folder + "/blocks"), journal_(options_.folder + "/journal", std::max<std::uint64_t>(options_.journal / 8, 64u << 10)) {}

  Status open();

  Result<std::uint64_t> add(const From&, Batch, std::string_view encoded) override;
  std::uint64_t last(const std::string& node, const std::string& spool) const override;
  std::uint64_t newest() const override;
  Status read(const Selection&, const Take& take) const override;
  News wait(std::uint64_t after, std::chrono::milliseconds limit) const override;
  void stop() override;
  void tidy(std::map<std::string, Room> projects, std::int64_t now_ns) override;
  bool knows(const Source&, const Origin&) const override;
  bool has_slot(const Source&, std::int64_t slot) const override;
  std::string trouble() const override;
  std::map<Source, Use> use(const std::string& project) const override;

 private:
  struct Spool {
    std::string name;
    std::uint64_t number = 0;
  };
  // ---- all of these under the mutex
  std::string checkpoint() const;
  bool any_origin(const Source&, const std::function<bool(const Origin&)>&) const;
  Status take(std::string_view record);  // at the start
  void put_lines(const Arrived&);
  void remember(std::shared_ptr<const Arrived>);
  Spool& spool_of(const std::string& node, const std::string& name);
  Status write_full(const std::vector<Source>&);  // those that have a block's worth, and any where memory or journal are full
  Status write_chain(const Source&, Chain&);
  Status shorten_journal();
  Room room_for(const std::string& project) const;
  std::uint64_t spare() const;
  void make_room(const std::string& project);
  Status shed();  // Code::exhausted where there is too little room nevertheless
  bool drop_oldest(const std::string& project);  // of the service with most; "" = of the project with most
  void drop_file(Chain&);

  const Options options_;
  const std::string blocks_;
  std::optional<files::Lock> lock_;

  mutable std::mutex mutex_;  // of all that follows; files are written under it
  mutable std::condition_variable arrived_;
  Journal journal_;
  std::map<Source, Chain> chains_;
  std::map<std::string, std::vector<Spool>> spools_;  // by node, the newest last
  std::map<std::string, Room> rooms_;
  std::uint64_t next_file_ = 1;
  std::uint64_t sequence_ = 0;  // of the newest batch that was written
  std::uint64_t visible_ = 0;   // of the newest that is durable
  std::uint64_t in_memory_ = 0; // bytes of all rows
  std::deque<std::shared_ptr<const Arrived>> recent_;
  std::size_t recent_bytes_ = 0;
  std::string trouble_;
  bool stopped_ = false;
};

}  // namespace kontena::logs
