#include "log_source.h"

namespace kontena::agent {
namespace {

class Files final : public LogSource {
 public:
  Files(const engine::LogPlace& at, const LogPosition& position)
      : follower_(at.driver == "local" ? logs::Format::local : logs::Format::json_file, at.path, position.place) {}

  Result<Taken> take(std::size_t most, LogPosition& position, std::vector<logs::Line>& lines) override {
    logs::Joiner& joiner = position.joiner;
    KTN_TRY(const logs::Round round, follower_.read(most, [&](const logs::Record& record) { joiner.take(record, lines); }));
    position.place = follower_.place();
    return Taken{.bytes = static_cast<std::size_t>(round.bytes + round.damaged), .at_end = round.at_end, .gap = round.gap, .damaged = round.damaged};
  }

 private:
  logs::Follower follower_;
};

}  // namespace

std::unique_ptr<LogSource> read_log_files(const engine::LogPlace& at, const LogPosition& position) {
  return std::make_unique<Files>(at, position);
}

}  // namespace kontena::agent
