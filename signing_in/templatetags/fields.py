from django import template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """allauth's placeholders say once more, and paler, what the label says."""
    return field.as_widget(attrs={"placeholder": False})
