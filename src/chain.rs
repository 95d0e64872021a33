//! First-in-first-out chains through numbered things: any member leaves in O(1), nothing is allocated per
//! member.

/// The number of a thing.
pub type Id = u32;
/// No thing.
pub const NONE: Id = Id::MAX;

/// Where each thing's neighbours are; a thing is in at most one of the chains that share a `Links`.
#[derive(Clone, Debug, Default)]
pub struct Links(Vec<[Id; 2]>);

impl Links {
    /// The neighbours of one that is about to be a member.
    #[inline]
    fn of_new(&mut self, id: Id) -> &mut [Id; 2] {
        let index = id as usize;
        if index >= self.0.len() {
            self.0.resize(index + 1, [NONE; 2]);
        }
        &mut self.0[index]
    }

    #[inline]
    fn at(&mut self, member: Id) -> &mut [Id; 2] {
        &mut self.0[member as usize]
    }

    /// The neighbour behind a member.
    pub fn after(&self, id: Id) -> Option<Id> {
        self.0.get(id as usize).map(|neighbours| neighbours[1]).filter(|&next| next != NONE)
    }
}

/// A chain: its two ends and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    head: Id,
    tail: Id,
    len: u32,
}

impl Default for Chain {
    fn default() -> Chain {
        Chain { head: NONE, tail: NONE, len: 0 }
    }
}

impl Chain {
    /// The oldest member.
    #[inline]
    pub fn head(&self) -> Option<Id> {
        (self.head != NONE).then_some(self.head)
    }

    /// How many members.
    #[inline]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Add a member at the end.
    #[inline]
    pub fn push(&mut self, id: Id, links: &mut Links) {
        *links.of_new(id) = [self.tail, NONE];
        match self.tail {
            NONE => self.head = id,
            tail => links.at(tail)[1] = id,
        }
        self.tail = id;
        self.len += 1;
    }

    /// Add a member before all others.
    pub fn push_front(&mut self, id: Id, links: &mut Links) {
        *links.of_new(id) = [NONE, self.head];
        match self.head {
            NONE => self.tail = id,
            head => links.at(head)[0] = id,
        }
        self.head = id;
        self.len += 1;
    }

    /// Take a member out.
    #[inline]
    pub fn remove(&mut self, id: Id, links: &mut Links) {
        let [previous, next] = *links.at(id);
        match previous {
            NONE => self.head = next,
            p => links.at(p)[1] = next,
        }
        match next {
            NONE => self.tail = previous,
            n => links.at(n)[0] = previous,
        }
        self.len -= 1;
    }

    /// Put `new` in the place of the member `old`.
    pub fn replace(&mut self, old: Id, new: Id, links: &mut Links) {
        let [previous, next] = *links.at(old);
        *links.of_new(new) = [previous, next];
        match previous {
            NONE => self.head = new,
            p => links.at(p)[1] = new,
        }
        match next {
            NONE => self.tail = new,
            n => links.at(n)[0] = new,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(chain: &Chain, links: &Links) -> Vec<Id> {
        let next = |&id: &Id| Some(links.0[id as usize][1]).filter(|&n| n != NONE);
        std::iter::successors(chain.head(), next).collect()
    }

    #[test]
    fn members_leave_from_anywhere() {
        let (mut chain, mut links) = (Chain::default(), Links::default());
        (0..5).for_each(|id| chain.push(id, &mut links));
        chain.remove(2, &mut links);
        chain.remove(0, &mut links);
        chain.remove(4, &mut links);
        chain.push(0, &mut links);
        assert_eq!((members(&chain, &links), chain.len()), (vec![1, 3, 0], 3));
        chain.replace(3, 9, &mut links);
        assert_eq!(members(&chain, &links), [1, 9, 0]);
        chain.push_front(7, &mut links);
        assert_eq!((members(&chain, &links), chain.len()), (vec![7, 1, 9, 0], 4));
        chain.remove(7, &mut links);
        [1, 9, 0].into_iter().for_each(|id| chain.remove(id, &mut links));
        assert_eq!(chain, Chain::default());
    }
}
