"""English first names, what their bearers are called, and which are names of two people."""

_GROUPS = """
alexander alexandra alex sandy
andrew andy drew
anthony antony tony
barbara barb
benjamin ben benny
catherine katherine kathryn kate katie kathy cathy
charles charlie chuck
christine christina tina chrissy
christopher chris
daniel dan danny
david dave
deborah debra debbie
donald don
edward ed eddie ted ned
elizabeth liz lizzie beth betty eliza
frederick fred freddie
gregory greg
james jim jimmy jamie
jeffrey geoffrey jeff geoff
jennifer jen jenny
jonathan jon
joseph joe joey
joshua josh
kenneth ken kenny
lawrence laurence larry
margaret maggie meg peggy marge
matthew matt
michael mike mick micky
nicholas nick nicky
pamela pam
patricia pat patty trish
patrick pat paddy
peter pete
philip phillip phil
rebecca becky
richard rick ricky dick rich
robert rob bob bobby robbie
ronald ron ronnie
samuel samantha sam sammy
stephen steven steve
susan sue susie
thomas tom tommy
timothy tim
victoria vicky
walter walt
william will bill billy willie
"""
# More names that are common enough to be a brother's or a sister's, one letter away from another.
_OTHERS = """
aaron abigail adam adrian adriana aidan alan alana albert alice alicia alison allan allison alyssa
amanda amber amelia amy ana andrea andre angel angela angelo anita ann anna anne annie arthur
ashley audrey austin ava beatrice bella bernard bernice beverly bianca bonnie brad bradley brandon
brenda brendan brian brianna brittany bruce bryan bruno cameron carl carla carlo carlos carmen
carol carole caroline carolyn carrie cassandra cecil cecilia celia chad chelsea cheryl chloe
christian claire clara claude claudia cody colin colleen connor corey craig crystal curtis cynthia
dale dana daniela danielle daria darren dawn dean denise dennis derek diana diane dominic
dominique donna doris dorothy douglas dustin dylan earl edith edwin eileen elaine eleanor elena
eli elijah elisa ella ellen ellie emil emilia emilio emily emma eric erica erik erika erin ethan
eugene eva evan eve evelyn felicia felix fernanda fernando florence frances francis francisco
frank gabriel gabriela gabrielle gary gene george gerald gina gloria grace grant hailey hanna
hannah harold harry heather helen helena henry holly howard ian irene isaac isabel isabella jack
jackie jacob jacqueline jada jaden jake jan jane janet janice jared jasmine jason jay jayden jean
jeanne jeremy jerome jerry jesse jessica jill jo joan joann joanna joanne jodi joel john johanna
johnny jordan jose juan juanita judith judy julia julian juliana julie june justin justina kaitlyn
karen karin karl karla kathleen katrina kayla keith kelly kelsey kevin kim kimberly kristen
kristin kristina kurt kyle lara larissa laura lauren laurie lea leah lee lena leo leon leona
leonard leslie lillian lily linda lisa logan lois lori louis louisa louise lucas lucia lucy luis
luisa luke lydia lynn madison marc marcia marcus maria marian mariana marianne marie marilyn
marina mario marion marissa marjorie mark marlene martha martin martina marvin mary mason megan
melanie melissa mia michaela michele michelle mildred mila miranda molly monica morgan nancy naomi
natalia natalie nathan nathaniel neil nina noah noel nora norma norman olga oliver olivia oscar
pablo paige paolo paul paula paulina pauline phyllis rachel ralph randy raul ray raymond regina
renee rita robert roberta roberto robin rodney roger roland roman rosa rose rosemary ross roy ruby
russell ruth ryan sabrina sally sandra sara sarah scott sean sebastian serena sergio seth shane
shannon sharon shaun shawn sheila shirley simon simone sofia sonia sophia sophie stacey stacy
stanley stella stephanie stuart sylvia tamara tanya tara taylor teresa terry theodore theresa
tiffany todd tracey tracy travis trevor troy tyler valentina valentin valerie vanessa vera vernon
veronica vincent violet virginia vivian wanda warren wayne wendy wesley yolanda yvonne zachary zoe
"""
_MEMBERS: dict[str, frozenset[int]] = {
    name: frozenset(
        number for number, group in enumerate(_GROUPS.strip().splitlines()) if name in group.split()
    )
    for name in _GROUPS.split()
}
_NONE = frozenset[int]()
_KNOWN = frozenset((*_MEMBERS, *_OTHERS.split()))


def same_first_name(a: str, b: str) -> bool:
    """Whether two first names in lower case may be forms of one: robert, bob."""
    return a == b or not _MEMBERS.get(a, _NONE).isdisjoint(_MEMBERS.get(b, _NONE))


def is_first_name(word: str) -> bool:
    """Whether a word in lower case is one of these; many others are first names, too."""
    return word in _KNOWN
