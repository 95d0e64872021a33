//! The replicas of a model and their slots: who is ready, starting, draining, and what serves what.
//!
//! Slots pool over the ready replicas: any free one will do, and they are handed out in turn, so that load
//! spreads evenly; batches may choose by load (`serving::order`). A replica that drains finishes what it serves
//! and does not return.

use super::serving::order::Order;

/// The life of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Cold start under way.
    Starting,
    /// Serving.
    Ready,
    /// Serving what it has, taking nothing new.
    Draining,
    /// Away for good.
    Gone,
}

#[derive(Clone, Copy, Debug)]
struct Replica {
    phase: Phase,
    busy: u32,
    /// How much of that is work for spare capacity.
    spare: u32,
}

/// All replicas a model ever had, by index in order of creation.
#[derive(Clone, Debug)]
pub struct Fleet {
    per_replica: u32,
    replicas: Vec<Replica>,
    order: Order,
    counts: [u32; 4],
    busy_ready: u32,
    busy_draining: u32,
    spare_ready: u32,
}

impl Fleet {
    /// `ready` warm replicas of `per_replica` slots, handed out in turn.
    pub fn new(ready: u32, per_replica: u32) -> Fleet {
        Fleet::ordered(ready, per_replica, Order::in_turn())
    }

    /// `ready` warm replicas of `per_replica` places, handed out in an order.
    pub fn ordered(ready: u32, per_replica: u32, order: Order) -> Fleet {
        let mut fleet = Fleet {
            per_replica,
            replicas: Vec::new(),
            order,
            counts: [0; 4],
            busy_ready: 0,
            busy_draining: 0,
            spare_ready: 0,
        };
        (0..ready).for_each(|_| fleet.add(Phase::Ready));
        fleet
    }

    /// How many are in a phase.
    pub fn count(&self, phase: Phase) -> u32 {
        self.counts[phase as usize]
    }

    /// Slots of the ready replicas.
    pub fn slots(&self) -> u64 {
        u64::from(self.count(Phase::Ready)) * u64::from(self.per_replica)
    }

    /// Attempts in service on ready replicas.
    pub fn busy_ready(&self) -> u32 {
        self.busy_ready
    }

    /// How many of them are work for spare capacity.
    pub fn spare_ready(&self) -> u32 {
        self.spare_ready
    }

    /// What a ready replica has just taken is work for spare capacity.
    pub fn occupied_by_spare(&mut self, index: u32) {
        self.replicas[index as usize].spare += 1;
        self.spare_ready += 1;
    }

    /// What gives a slot back is work for spare capacity; told before [`Fleet::release`].
    pub fn released_by_spare(&mut self, index: u32) {
        let replica = &mut self.replicas[index as usize];
        replica.spare -= 1;
        self.spare_ready -= u32::from(replica.phase == Phase::Ready);
    }

    /// Attempts in service on ready and draining replicas.
    pub fn busy(&self) -> u32 {
        self.busy_ready + self.busy_draining
    }

    /// Work in service over ready capacity; 1 with nothing ready.
    pub fn utilization(&self) -> f64 {
        let slots = self.slots();
        if slots == 0 { 1.0 } else { f64::from(self.busy_ready) / slots as f64 }
    }

    /// Occupy a free slot of a ready replica.
    #[inline]
    pub fn occupy(&mut self) -> Option<u32> {
        self.occupy_where(|_| true)
    }

    /// Occupy a free place of a ready replica that has room besides.
    #[inline]
    pub fn occupy_where(&mut self, has_room: impl Fn(u32) -> bool) -> Option<u32> {
        let index = match &mut self.order {
            Order::InTurn(free) => {
                let mut passed = 0;
                loop {
                    let index = *free.get(passed)?;
                    let gone = self.replicas[index as usize].phase != Phase::Ready;
                    if !gone && !has_room(index) {
                        passed += 1;
                        continue;
                    }
                    if passed == 0 {
                        free.pop_front()
                    } else {
                        free.remove(passed)
                    };
                    if !gone {
                        break index;
                    }
                }
            }
            Order::Ranked(ranking) => ranking.first(has_room)?,
            Order::TwoDrawn { ranking, ready, stream } => {
                let two = Order::drawn(ready, stream)?;
                ranking.better(two, &has_room).or_else(|| ranking.first(&has_room))?
            }
        };
        let replica = &mut self.replicas[index as usize];
        replica.busy += 1;
        self.busy_ready += 1;
        match &mut self.order {
            Order::InTurn(free) if replica.busy < self.per_replica => free.push_back(index),
            Order::InTurn(_) => {}
            _ => self.rank(index),
        }
        Some(index)
    }

    /// Whether [`Fleet::occupy_where`] would find a place; it need not be the one that a draw takes.
    pub fn has_place_where(&self, has_room: impl Fn(u32) -> bool) -> bool {
        match &self.order {
            Order::InTurn(free) => {
                let is_ready = |i: u32| self.replicas[i as usize].phase == Phase::Ready;
                free.iter().any(|&index| is_ready(index) && has_room(index))
            }
            Order::Ranked(ranking) | Order::TwoDrawn { ranking, .. } => ranking.first(has_room).is_some(),
        }
    }

    /// Give a slot back.
    pub fn release(&mut self, index: u32) {
        let replica = &mut self.replicas[index as usize];
        replica.busy = replica.busy.checked_sub(1).expect("a released slot was occupied");
        match replica.phase {
            Phase::Ready => {
                self.busy_ready -= 1;
                match &mut self.order {
                    Order::InTurn(free) if replica.busy + 1 == self.per_replica => free.push_back(index),
                    Order::InTurn(_) => {}
                    _ => self.rank(index),
                }
            }
            Phase::Draining => {
                self.busy_draining -= 1;
                if replica.busy == 0 {
                    self.turn(index, Phase::Gone);
                }
            }
            Phase::Starting | Phase::Gone => unreachable!("only ready and draining replicas serve"),
        }
    }

    /// A replica begins its cold start; its index.
    pub fn start(&mut self) -> u32 {
        self.add(Phase::Starting);
        self.replicas.len() as u32 - 1
    }

    /// A cold start is over; false if it was called off meanwhile.
    pub fn become_ready(&mut self, index: u32) -> bool {
        let starting = self.replicas[index as usize].phase == Phase::Starting;
        if starting {
            self.turn(index, Phase::Ready);
            self.open(index);
        }
        starting
    }

    /// Warm replicas come back.
    pub fn restore(&mut self, count: u32) {
        (0..count).for_each(|_| self.add(Phase::Ready));
    }

    /// Give up `count` replicas: starting ones first, newest first; then the least busy ready ones, the
    /// newest of equals, which drain.
    pub fn shed(&mut self, count: u32) {
        let newest_first = |phase| -> Vec<u32> {
            let numbered =
                self.replicas.iter().enumerate().rev().filter(|(_, replica)| replica.phase == phase);
            numbered.map(|(index, _)| index as u32).collect()
        };
        let (mut going, mut ready) = (newest_first(Phase::Starting), newest_first(Phase::Ready));
        // Stable: the newest of equals stays first.
        ready.sort_by_key(|&i| self.replicas[i as usize].busy);
        going.append(&mut ready);
        for i in going.into_iter().take(count as usize) {
            let Replica { phase, busy, spare } = self.replicas[i as usize];
            if phase == Phase::Ready {
                self.spare_ready -= spare;
                self.busy_ready -= busy;
                self.busy_draining += busy;
            }
            self.turn(i, if busy == 0 { Phase::Gone } else { Phase::Draining });
        }
    }

    /// Up to `count` ready replicas are lost, newest first; their indices. Their slots are gone with them:
    /// what they served has failed and must not be released.
    pub fn lose(&mut self, count: u32) -> Vec<u32> {
        let ready = (0..self.replicas.len() as u32).rev();
        let lost: Vec<u32> =
            ready.filter(|&i| self.replicas[i as usize].phase == Phase::Ready).take(count as usize).collect();
        for &i in &lost {
            self.busy_ready -= self.replicas[i as usize].busy;
            self.spare_ready -= self.replicas[i as usize].spare;
            self.turn(i, Phase::Gone);
        }
        lost
    }

    fn add(&mut self, phase: Phase) {
        let index =
            u32::try_from(self.replicas.len()).expect("replicas are bounded by the scenario's limits");
        self.replicas.push(Replica { phase, busy: 0, spare: 0 });
        self.counts[phase as usize] += 1;
        if phase == Phase::Ready {
            self.open(index);
        }
    }

    /// A replica has just become ready.
    fn open(&mut self, index: u32) {
        match &mut self.order {
            Order::InTurn(free) => free.push_back(index),
            Order::Ranked(_) => self.rank(index),
            Order::TwoDrawn { ready, .. } => {
                let at = ready.partition_point(|&other| other < index);
                ready.insert(at, index);
                self.rank(index);
            }
        }
    }

    /// Tell the ranking what a replica serves.
    fn rank(&mut self, index: u32) {
        let Replica { phase, busy, .. } = self.replicas[index as usize];
        let takes = phase == Phase::Ready && busy < self.per_replica;
        if let Order::Ranked(ranking) | Order::TwoDrawn { ranking, .. } = &mut self.order {
            ranking.set(index, takes.then_some(busy));
        }
    }

    fn turn(&mut self, index: u32, phase: Phase) {
        let replica = &mut self.replicas[index as usize];
        self.counts[replica.phase as usize] -= 1;
        self.counts[phase as usize] += 1;
        let before = std::mem::replace(&mut replica.phase, phase);
        if before == Phase::Ready && !matches!(self.order, Order::InTurn(_)) {
            self.rank(index);
            if let Order::TwoDrawn { ready, .. } = &mut self.order {
                ready.retain(|&other| other != index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::serving::batching::Choice;
    use super::*;

    #[test]
    fn slots_are_handed_out_in_turn_and_never_beyond_capacity() {
        let mut fleet = Fleet::new(2, 2);
        let taken: Vec<u32> = std::iter::from_fn(|| fleet.occupy()).collect();
        assert_eq!(taken, [0, 1, 0, 1]);
        assert_eq!((fleet.busy(), fleet.utilization()), (4, 1.0));
        fleet.release(1);
        assert_eq!((fleet.occupy(), fleet.occupy()), (Some(1), None));
    }

    #[test]
    fn scale_in_takes_starting_then_least_busy_which_drain() {
        let mut fleet = Fleet::new(2, 2);
        fleet.start();
        let newest = fleet.start();
        fleet.occupy();
        fleet.shed(1);
        assert!(!fleet.become_ready(newest), "the newest cold start was called off");
        fleet.shed(2);
        assert_eq!(fleet.count(Phase::Starting), 0);
        assert_eq!((fleet.count(Phase::Ready), fleet.busy_ready()), (1, 1), "the idle replica went first");
        fleet.shed(1);
        assert_eq!((fleet.count(Phase::Draining), fleet.busy(), fleet.slots()), (1, 1, 0));
        assert_eq!(fleet.occupy(), None);
        fleet.release(0);
        assert_eq!((fleet.count(Phase::Draining), fleet.busy()), (0, 0));
    }

    #[test]
    fn a_choice_by_load_takes_ready_replicas_with_room_alone() {
        let key = crate::rng::Key::new(1, 0);
        for choice in [Choice::LeastLoaded, Choice::PowerOfTwo, Choice::RoundRobin] {
            let mut fleet = Fleet::ordered(3, 2, Order::of(choice, key));
            assert_eq!(fleet.occupy_where(|i| i == 1), Some(1));
            assert!(!fleet.has_place_where(|_| false) && fleet.occupy_where(|_| false).is_none());
            fleet.lose(1);
            fleet.shed(1);
            // Left is the one that serves already.
            assert_eq!((fleet.occupy(), fleet.occupy()), (Some(1), None), "{choice:?}");
            fleet.start();
            assert!(fleet.become_ready(3));
            fleet.release(1);
            assert_eq!([fleet.occupy(), fleet.occupy(), fleet.occupy()].map(|i| i.is_some()), [true; 3]);
            assert_eq!((fleet.occupy(), fleet.utilization()), (None, 1.0));
        }
    }

    #[test]
    fn the_fewest_then_the_oldest_take_the_next() {
        let mut fleet = Fleet::ordered(3, 8, Order::of(Choice::LeastLoaded, crate::rng::Key::new(1, 0)));
        let taken: Vec<_> = (0..4).filter_map(|_| fleet.occupy()).collect();
        assert_eq!(taken, [0, 1, 2, 0]);
        fleet.release(2);
        assert_eq!((fleet.occupy(), fleet.occupy()), (Some(2), Some(1)));
    }

    #[test]
    fn a_great_fleet_is_shed_in_one_pass() {
        let mut fleet = Fleet::new(100_000, 1);
        fleet.occupy();
        fleet.shed(99_999);
        assert_eq!((fleet.count(Phase::Ready), fleet.count(Phase::Draining), fleet.busy()), (1, 0, 1));
    }

    #[test]
    fn lost_replicas_take_their_work_with_them_and_come_back_warm() {
        let mut fleet = Fleet::new(2, 1);
        fleet.occupy();
        fleet.occupy();
        assert_eq!(fleet.lose(5), [1, 0]);
        assert_eq!((fleet.busy(), fleet.utilization()), (0, 1.0));
        fleet.restore(2);
        assert_eq!((fleet.occupy(), fleet.occupy(), fleet.occupy()), (Some(2), Some(3), None));
    }
}
